/** What a test has taken out of the bridge, by name. Without a guard, what it holds back must get through. */
export const taken = new Set<string>()

/** Node counts the time of a request by a clock of its own, which no test can move: here its seconds may be shorter. */
export const node = { shortened: 1, options: {} as Readonly<Record<string, number>> }
