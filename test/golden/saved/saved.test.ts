/** Files that Hugging Face's library wrote and read, and networks that PyTorch has computed: `pytorch.py` beside this file made them. */
import { readFileSync } from 'node:fs'
import { compile, type KernelsName, readSafetensors, type TensorJson, writeSafetensors } from 'gradstream'
import { describe, expect, test } from 'vitest'
import { fileOf, metadata, networks, tensors } from './networks.ts'

const file = (name: string) => readFileSync(new URL(name, import.meta.url))
const load = (name: string) => readSafetensors(file(`${name}.safetensors`))
/** JSON has no words for numbers that are not finite. */
const json = (name: string) => {
  const { tensors, metadata } = JSON.parse(file(`${name}.json`).toString()) as {
    tensors: Record<string, TensorJson>
    metadata: Record<string, string>
  }
  const named = Object.entries(tensors).map(([name, { shape, data }]) => [
    name,
    { shape, data: data.map(Number) },
  ])
  return { tensors: Object.fromEntries(named) as Record<string, TensorJson>, metadata }
}

describe('a file of tensors of all types', () => {
  test('by Hugging Face is read as they wrote it', () => {
    const { tensors, metadata } = load('huggingface')
    const read = Object.entries(tensors).map(([name, stored]) => [name, stored.toTensor().toJSON()])
    expect({ tensors: Object.fromEntries(read), metadata: { ...metadata } }).toEqual(json('huggingface'))
    const types = ['F64', 'F32', 'F16', 'BF16', 'I64', 'I32', 'I16', 'I8', 'U8', 'BOOL']
    for (const type of types) expect(tensors[type]?.dtype).toBe(type)
  })

  test('by gradstream is read by Hugging Face as it was written', () => {
    expect(Buffer.from(writeSafetensors(tensors, metadata))).toEqual(file('ours-tensors.safetensors'))
    const theirs = json('ours-tensors')
    expect(theirs.metadata).toEqual(metadata)
    expect(Object.keys(theirs.tensors).sort()).toEqual(Object.keys(tensors).sort())
    for (const [name, { shape, data }] of Object.entries(theirs.tensors)) {
      const own = tensors[name] as { shape: number[]; data: ArrayLike<number | bigint> }
      expect({ shape, data }).toEqual({ shape: own.shape, data: Array.from(own.data, Number) })
    }
  })
})

const KERNELS: readonly KernelsName[] = ['reference', 'wasm', 'auto']

describe.each(Object.entries(networks))('a %s network', (name, network) => {
  const expectClose = (predicted: ArrayLike<number>, theirs: ArrayLike<number>) => {
    expect(predicted.length).toBe(theirs.length)
    const furthest = Array.from(predicted, (each, i) => Math.abs(each - (theirs[i] as number)))
    expect(Math.max(...furthest)).toBeLessThan(1e-6)
  }
  const predict = (load: (model: ReturnType<typeof compile>) => void, kernels: KernelsName) => {
    const model = compile(network.net, { kernels, seed: 1 })
    load(model)
    const { prediction } = model.predict({ x: network.x })
    model.dispose()
    return (prediction as NonNullable<typeof prediction>).data
  }

  test.each(KERNELS)('with the parameters of PyTorch predicts what PyTorch predicts: %s', kernels => {
    const { input, output, ...state } = load(`pytorch-${name}`).tensors
    expect(input?.toTensor().data).toEqual(network.x.data)
    const predicted = predict(model => model.load(state, { from: 'pytorch' }), kernels)
    expectClose(predicted, output?.toTensor().data ?? [])
  })

  test.each(KERNELS)('whose parameters PyTorch has loaded predicts the same there: %s', kernels => {
    expect(Buffer.from(fileOf(network))).toEqual(file(`ours-${name}.safetensors`))
    const { input: _, ...state } = load(`ours-${name}`).tensors
    const { output } = load(`ours-${name}-by-pytorch`).tensors
    expectClose(
      predict(model => model.load(state), kernels),
      output?.toTensor().data ?? [],
    )
  })
})
