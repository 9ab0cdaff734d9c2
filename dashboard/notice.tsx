/** Shown instead of the page: why there is no run, and what to do about it. */

interface Props {
  readonly problem?: string
  /** Whether an address with a right token would help. */
  readonly isOfAddress?: boolean
  /** Why connecting takes long. */
  readonly reason?: string | undefined
}

export function Notice({ problem, isOfAddress = true, reason }: Props) {
  return (
    <main className="notice">
      <h1>gradstream</h1>
      {problem === undefined ? (
        <p>Connecting … {reason}</p>
      ) : (
        <>
          <p role="alert">{problem}</p>
          {isOfAddress ? (
            <p>
              Copy the whole address that the run printed, from <code>http</code> to the end of the part after
              the <code>#</code>, and open it here. A run that was started again may have printed a new one.
              To the end of a link from a colleague, add <code>#</code> and your token.
            </p>
          ) : (
            <Reload />
          )}
        </>
      )}
    </main>
  )
}

/** The view is in the address, so that it is there again. */
export const Reload = () => (
  <button type="button" onClick={() => location.reload()}>
    Reload the page
  </button>
)
