/** The rows of a parameter of an open node as points, when somebody wants to see them: the run has to send them. */
import { useState } from 'react'
import type { BridgeClient } from '../../client.ts'
import { RowsAsPoints } from '../outcome/embeddings.tsx'
import type { Table } from '../outcome/tables.ts'

interface Props {
  readonly client: BridgeClient
  readonly table: Table
  readonly isDark: boolean
}

export function RowsPanel({ client, table, isDark }: Props) {
  const [isOpen, setOpen] = useState(false)
  const [chosen, choose] = useState<number>()
  return (
    <details className="rows-panel" onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>Rows as points</summary>
      {isOpen && (
        <RowsAsPoints client={client} table={table} isDark={isDark} chosen={chosen} onChoose={choose} />
      )}
    </details>
  )
}
