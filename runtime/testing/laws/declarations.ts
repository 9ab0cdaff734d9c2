/** A node does exactly what it declares: its config, its names, its shapes. */
import {
  attempt,
  demandNames,
  entryOf,
  fitsShape,
  type GradstreamError,
  isSameJson,
  type ParameterSpec,
  recordOf,
  showShape,
  Tensor,
} from '../../../core/index.ts'
import { broken, demand, type Trial } from '../trial.ts'

export function checkDeclarations(trial: Trial): void {
  checkConfig(trial)
  checkNames(trial)
  checkSpecs(trial)
  checkShapes(trial)
  checkResults(trial)
}

function checkConfig({ rig: { definition, config, type } }: Trial): void {
  const again = definition.config(config)
  const parsed = JSON.parse(JSON.stringify(config))
  for (const [what, other] of [
    ['is passed in again', again],
    ['is converted to JSON and back', parsed],
  ] as const) {
    if (isSameJson(config, other)) continue
    throw broken(
      type,
      `a config that stays the same when it ${what}, ${JSON.stringify(config)}`,
      JSON.stringify(other),
    )
  }
}

/** Inputs, outputs, saved values, parameters and state share one record when backward is called. */
function checkNames({ rig, ports, parameters, state }: Trial): void {
  const { inputs, outputs, saved } = rig.definition
  try {
    demandNames(rig.type, {
      'an input': [...new Set([...inputs, ...Object.keys(ports)])],
      'an output': outputs,
      'a saved value': saved,
      'a parameter': parameters,
      'a piece of state': state,
    })
  } catch (error) {
    const { expected, got } = error as GradstreamError
    throw broken(rig.type, expected, got)
  }
}

function checkSpecs({ rig, ports }: Trial): void {
  const { definition, config } = rig
  const shapesOf = (specs: Record<string, ParameterSpec | undefined>) =>
    Object.entries(specs).map(([name, spec]) => [name, spec?.shape ?? null])
  for (const kind of ['parameters', 'state'] as const) {
    const specs = () => shapesOf(definition[kind](ports, config))
    const [first, second] = [specs(), specs()]
    demand(isSameJson(first, second), rig, `the same ${kind} for the same inputs`, JSON.stringify(second))
  }
}

function checkShapes(trial: Trial): void {
  const { rig, ports } = trial
  const announced = rig.shapes(ports)
  // With the length of the batch, which a result has as well unless another one is declared.
  const lengths = recordOf(Object.keys(ports).map(name => [name, (trial.given[name] as Tensor).shape]))
  const measured = attempt(() => rig.shapes(lengths)) ?? announced
  const { values } = trial.forward()
  for (const name of rig.definition.outputs) {
    const { shape } = trial.made(values, name)
    for (const port of [entryOf(announced, name), entryOf(measured, name)])
      demand(
        port !== undefined && fitsShape(shape, port),
        rig,
        `"${name}" with the announced shape ${port ? showShape(port) : 'none'}`,
        showShape(shape),
      )
  }
  for (const name of rig.definition.saved) trial.made(values, name)
}

/** Results under other names would be dropped silently. */
function checkResults(trial: Trial): void {
  const { rig, state, differentiable } = trial
  const { outputs, saved } = rig.definition
  const stray = (made: object, declared: readonly string[]) =>
    Object.entries(made).find(([name, value]) => value instanceof Tensor && !declared.includes(name))?.[0]
  const value = stray(trial.forward().made, [...outputs, ...saved, ...state])
  demand(
    value === undefined,
    rig,
    'forward to return only outputs, saved values and state',
    `another value, "${value}"`,
  )
  const gradient = stray(trial.backward(), differentiable)
  demand(
    gradient === undefined,
    rig,
    'backward to return only gradients of parameters and differentiable inputs',
    `one of "${gradient}"`,
  )
}
