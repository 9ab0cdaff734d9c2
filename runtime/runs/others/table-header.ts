/** The header of a table of a run: which column says where a row stands. */

/** What a column may be called that says where a row stands; letters alone count, so `_step` and `Step` are the same. */
export const PLACES: Readonly<Record<'step' | 'epoch' | 'time', readonly string[]>> = {
  step: ['step', 'globalstep', 'trainstep', 'iteration', 'iter'],
  epoch: ['epoch'],
  time: ['time', 'timestamp', 'walltime', 'date'],
}
/** A column that says whose the rows are. */
const RUNS = ['run', 'runid']
/** Whether the beginning of a file is the header of a run: a column says where a row stands, and there are others. */
export function isHeaderOfRun(head: string): boolean {
  const [line = ''] = head.replace(/^\ufeff/, '').split(/[\r\n]/, 1)
  const names = line.split(/[,;\t|]/).map(cell => cell.trim().replace(/^"(.*)"$/, '$1'))
  return names.length > 1 && placesIn(names).size > 0
}

/** Where the columns are that say where a row stands. */
export function placesIn(names: readonly string[]): Map<string, number> {
  const letters = names.map(lettersOf)
  const found = Object.entries(PLACES).map(([kind, words]) => {
    const all = words.map(word => letters.indexOf(word)).filter(i => i >= 0)
    return [kind, all[0] ?? -1] as const
  })
  return new Map(found.filter(([, i]) => i >= 0))
}

const lettersOf = (name: string) => name.toLowerCase().replace(/[^a-z]/g, '')

/** Whether a column of this name says whose the rows are. */
export const isNameOfRun = (name: string): boolean => RUNS.includes(lettersOf(name))
