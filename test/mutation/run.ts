/**
 * The mutation check: the sign of each term of each backward pass, and of each optimizer's update, is flipped in
 * turn, and each time at least one test of the nodes has to fail. The sources on disk stay as they are.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { openSuite } from './suite.ts'
import { type Term, termsOf } from './terms.ts'

/** Terms whose sign does not matter. One that a test does tell apart is reported, so that this list stays true. */
const EQUIVALENT = [
  { file: 'activations/relu.ts', text: '0', reason: '-0 is 0' },
  { file: 'optimizers/sgd.ts', text: 'undefined', reason: 'there is nothing to flip' },
]

const root = fileURLToPath(new URL('../../', import.meta.url)).replaceAll('\\', '/')
const files = readdirSync(`${root}nodes`, { recursive: true, encoding: 'utf8' })
  .map(file => file.replaceAll('\\', '/'))
  .filter(file => file.endsWith('.ts'))
  .sort()

const suite = await openSuite(root, ['test/golden', 'test/nodes'])
const counts = { mutants: 0, killed: 0, survived: 0 }
const complaints: string[] = []
const listed = new Set(EQUIVALENT)

try {
  const [failure] = await suite.run()
  if (failure) throw new Error(`without any mutant, "${failure.name}" fails: ${failure.message}`)
  for (const file of files) await checkFile(file)
} finally {
  await suite.close()
}
if (counts.mutants === 0) complaints.push('no term was found')
for (const { file, text } of listed)
  complaints.push(`${file} has no term ${text}, which is listed as equivalent`)
for (const complaint of complaints) console.error(complaint)
console.log(`${counts.mutants} mutants, ${counts.killed} killed, ${counts.survived} survived`)
// The runner sets its own exit code for the tests that failed, as they should.
process.exitCode = complaints.length === 0 ? 0 : 1

async function checkFile(file: string): Promise<void> {
  const path = `${root}nodes/${file}`
  const terms = termsOf(readFileSync(path, 'utf8'))
  if (terms.length === 0) return
  let killed = 0
  let survived = 0
  for (const term of terms) {
    const equivalent = EQUIVALENT.find(known => known.file === file && known.text === term.text)
    const isKilled = await kills(path, term)
    if (equivalent) {
      listed.delete(equivalent)
      if (isKilled)
        complaints.push(`${file}:${term.line} ${term.text} is listed as equivalent, but is killed`)
    } else if (isKilled) {
      killed++
    } else {
      survived++
      complaints.push(`nodes/${file}:${term.line} survives with the sign of ${term.text} flipped`)
    }
  }
  console.log(`${file}  ${killed} of ${killed + survived} mutants killed`)
  counts.mutants += killed + survived
  counts.killed += killed
  counts.survived += survived
}

async function kills(path: string, term: Term): Promise<boolean> {
  const failures = await suite.run(path, term.mutant)
  // A mutant that cannot run at all would be killed by anything.
  const crash = failures.find(({ message }) => /^(Reference|Syntax|Type)Error/.test(message))
  if (crash) throw new Error(`${path}:${term.line} the mutant of ${term.text} does not run: ${crash.message}`)
  return failures.length > 0
}
