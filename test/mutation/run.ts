/**
 * The mutation check: a sign or a constant is changed, and at least one test has to fail. Of the nodes it is the sign of each
 * term of a backward pass or of an optimizer's update; of the kernels, the interpreter of programs and the derivatives each
 * sum, difference, least, largest and constant. A sample of them is tried, and with TEST_COUNTS=full a larger one. The sources
 * on disk stay as they are.
 */
import { fileURLToPath } from 'node:url'
import { RandomKey } from '../../core/index.ts'
import { buildFor } from '../../kernels/wasm/module.ts'
import { countOf } from '../support/counts.ts'
import { EQUIVALENT, equivalentOf } from './equivalent.ts'
import {
  type Mutant,
  mutantsOfModule,
  mutantsOfNodes,
  mutantsOfPrograms,
  mutantsOfReference,
  type Replacement,
} from './mutants.ts'
import { literally, openSuite, type Suite } from './suite.ts'

interface Subject {
  readonly tests: readonly string[]
  /** Which of them run, by their names. */
  readonly pattern?: string
  /** How many mutants are tried. */
  readonly count: number
  /** The mutants, and what they are made of where that is not on disk. */
  make(): Made | Promise<Made>
}

interface Made {
  readonly mutants: readonly Mutant[]
  readonly original?: Replacement
}

const root = fileURLToPath(new URL('../../', import.meta.url)).replaceAll('\\', '/')
const build = buildFor(false).relaxed ? 'relaxed' : 'simd'

const subjects: Subject[] = [
  {
    tests: ['test/golden/golden.test.ts', 'test/nodes/catalogue.test.ts', 'test/nodes/sgd.test.ts'],
    count: countOf({ usual: 16, full: 240 }),
    make: () => ({ mutants: mutantsOfNodes(root) }),
  },
  {
    tests: ['test/kernels/wasm.test.ts', 'test/kernels/training.test.ts'],
    // Those of this build, but for what takes several times as long as all others together.
    pattern: `the ${build} build|${build}. kernels (?!.*(small shape|training|odd shapes (?!blocks)))|random kernels`,
    count: countOf({ usual: 6, full: 60 }),
    make: () => mutantsOfModule(root, build),
  },
  {
    tests: ['test/kernels/reference.test.ts'],
    // In the precision that forgives least.
    pattern: 'kernels in float64 (?!products of odd shapes)',
    count: countOf({ usual: 3, full: 60 }),
    make: () => ({ mutants: mutantsOfReference(root) }),
  },
  {
    tests: [
      'test/core/derivatives.test.ts',
      'test/core/functions.test.ts',
      'test/kernels/reference-programs.test.ts',
    ],
    count: countOf({ usual: 3, full: 60 }),
    make: () => ({ mutants: mutantsOfPrograms(root) }),
  },
]

const counts = { mutants: 0, killed: 0, survived: 0 }
const complaints: string[] = []
const listed = new Set(EQUIVALENT)

// Two at a time, as each needs a core.
const waiting = [...subjects]
const work = async () => {
  for (let subject = waiting.shift(); subject; subject = waiting.shift()) await check(subject)
}
await Promise.all([work(), work()])

for (const { file, change } of listed)
  complaints.push(`${file} has no mutant with ${change}, which is listed as equivalent`)
for (const complaint of complaints) console.error(complaint)
console.log(`${counts.mutants} mutants, ${counts.killed} killed, ${counts.survived} survived`)
// The runner sets its own exit code for the tests that failed, as they should.
process.exitCode = complaints.length === 0 ? 0 : 1

async function check({ tests, pattern, count, make }: Subject): Promise<void> {
  const { mutants, original } = await make()
  if (mutants.length === 0) complaints.push(`nothing was found that ${tests} could tell apart`)
  for (const known of mutants.map(equivalentOf)) if (known) listed.delete(known)
  const suite = await openSuite(root, tests, pattern)
  try {
    const [failure] = await suite.run(original)
    if (failure) throw new Error(`without any mutant, "${failure.name}" fails: ${failure.message}`)
    const chosen = sample(mutants, count)
    for (const file of new Set(chosen.map(({ file }) => file))) {
      const own = chosen.filter(mutant => mutant.file === file)
      await checkFile(suite, file, own)
    }
  } finally {
    await suite.close()
  }
}

/** So many of them, the same in each run. */
function sample(mutants: readonly Mutant[], count: number): Mutant[] {
  const chosen = new Set(RandomKey.of(1).permutation(mutants.length).slice(0, count))
  return mutants.filter((_, i) => chosen.has(i))
}

async function checkFile(suite: Suite, file: string, mutants: readonly Mutant[]): Promise<void> {
  let killed = 0
  let survived = 0
  const killers = new Set<string>()
  for (const mutant of mutants) {
    const { line, change } = mutant
    const isKilled = await kills(suite, mutant, killers)
    if (equivalentOf(mutant)) {
      if (isKilled) complaints.push(`${file}:${line} is listed as equivalent with ${change}, but is killed`)
    } else if (isKilled) {
      killed++
    } else {
      survived++
      complaints.push(`${file}:${line} survives with ${change}`)
    }
  }
  console.log(`${file}  ${killed} of ${killed + survived} mutants killed`)
  counts.mutants += killed + survived
  counts.killed += killed
  counts.survived += survived
}

/** Asks the tests first that have told apart other mutants of the file, and those that its name suggests. */
async function kills(suite: Suite, mutant: Mutant, killers: Set<string>): Promise<boolean> {
  const { file, line, change, replacement, suspects } = mutant
  if (suspects) killers.add(suspects)
  const soon = killers.size > 0 ? await suite.run(replacement, [...killers].join('|')) : []
  const failures = soon.length > 0 ? soon : await suite.run(replacement)
  for (const { name } of failures) killers.add(literally(name))
  // A mutant that cannot run at all would be killed by anything.
  const crash = failures.find(({ message }) => /^(Reference|Syntax|Type)Error/.test(message))
  if (crash) complaints.push(`${file}:${line} does not run with ${change}: ${crash.message}`)
  return failures.length > 0
}
