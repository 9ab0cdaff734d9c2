/** What the page shows of images, of several outputs, and of a language model. */
import {
  add,
  arrayOf,
  categoricalCrossentropy,
  concatenate,
  csv,
  dense,
  embedding,
  flatten,
  fromArrays,
  gru,
  input,
  meanSquaredError,
  type Port,
  slice,
  softmax,
  sparseCategoricalCrossentropy,
  tanh,
} from 'gradstream'
import type { Browser, BrowserContextOptions } from 'playwright-core'
import { expect, test } from 'vitest'
import { classOf } from '../../dashboard/task.ts'
import { axe } from './axe.ts'
import { launch } from './browser.ts'
import { atRest, predictedAtRest } from './seen.ts'
import { watchGraph } from './support.ts'
import { inkOf, openNode } from './watched-run.ts'

/** 270 handwritten digits, and a network that has learned little. */
async function watchDigits(browser: Browser, view: BrowserContextOptions = {}) {
  const file = new URL('../../examples/data/digits.csv', import.meta.url)
  const all = await csv(file, { target: 'digit', categorical: ['digit'] })
  const { validation: data } = all.split({ validation: 0.15, seed: 1 })
  const prediction = input({ name: 'x', shape: [64] }).pipe(dense({ units: 10 }), softmax())
  const loss = categoricalCrossentropy({ name: 'loss' })(prediction, input({ name: 'target', shape: [10] }))
  return watchGraph({ browser, outputs: { prediction, loss }, loss, data, view })
}

test('samples that are images are shown as such, in pages', async () => {
  const browser = await launch()
  try {
    const { page, trainer, faults } = await watchDigits(browser)
    await predictedAtRest(page, trainer)
    const panel = page.getByRole('region', { name: 'Predictions of the model' })
    await panel.getByRole('button', { name: 'Show the mistakes' }).click()
    const pictures = panel.getByRole('img', { name: /^Sample \d+: true \d, predicted \d with/ })
    await expect.poll(() => pictures.count()).toBe(24)
    expect((await inkOf(pictures.first())).colours).toBeGreaterThan(5)
    const first = await pictures.first().getAttribute('aria-label')
    await panel.getByRole('button', { name: 'Next samples' }).click()
    await panel.getByText(/^25 to/).waitFor()
    await expect.poll(() => pictures.first().getAttribute('aria-label')).not.toBe(first)
    expect((await axe(page)).violations).toEqual([])
    expect(faults).toEqual([])
  } finally {
    await browser.close()
  }
})

test('ten classes fit beside an open node, and the samples behind a cell have all of a large panel', async () => {
  const browser = await launch()
  try {
    const { page, trainer, faults } = await watchDigits(browser, { viewport: { width: 1440, height: 900 } })
    await predictedAtRest(page, trainer)
    await openNode(page, 'dense1')
    const panel = page.getByRole('region', { name: 'Predictions of the model' })
    const hidden = () =>
      panel.evaluate(element => {
        const { right, bottom } = element.getBoundingClientRect()
        const cells = [...element.querySelectorAll('.matrix .cell')].map(cell => cell.getBoundingClientRect())
        return cells.filter(cell => cell.width < 10 || cell.right > right || cell.bottom > bottom).length
      })
    expect(await panel.locator('.matrix .cell').count()).toBe(100)
    await expect.poll(hidden).toBe(0)
    await panel.getByRole('button', { name: 'Show the mistakes' }).click()
    await panel.getByRole('button', { name: 'Enlarge' }).click()
    const pictures = panel.getByRole('img', { name: /^Sample/ })
    await expect.poll(() => pictures.count()).toBe(24)
    const shareOf = () =>
      panel.evaluate(element => {
        const all = [...element.querySelectorAll('.sample-pictures canvas')].map(
          picture => picture.getBoundingClientRect().right,
        )
        const { right, width } = element.getBoundingClientRect()
        return 1 - (right - Math.max(...all)) / width
      })
    await expect.poll(shareOf).toBeGreaterThan(0.9)
    expect(await panel.locator('.matrix').isVisible()).toBe(true)
    expect((await axe(page)).violations).toEqual([])
    expect(faults).toEqual([])
  } finally {
    await browser.close()
  }
})

test('each of several outputs has a view that fits its loss, in tabs or beside each other', async () => {
  const browser = await launch()
  try {
    const rows = Array.from({ length: 120 }, (_, i) => [Math.sin(3 * i), Math.cos(7 * i), Math.sin(i)])
    const data = fromArrays({
      x: rows,
      sort: rows.map(([a = 0, b = 0]) => (a > 0 ? 0 : b > 0 ? 1 : 2)),
      price: rows.map(([a = 0, b = 0, c = 0]) => [a * b + c]),
    })
    const hidden = input({ name: 'x', shape: [3] }).pipe(dense({ units: 8 }), tanh())
    const [sort, price] = [hidden.pipe(dense({ units: 3 })), hidden.pipe(dense({ units: 1 }))]
    const ofSort = sparseCategoricalCrossentropy({ fromLogits: true })(
      sort,
      input({ name: 'sort', shape: [] }),
    )
    const ofPrice = meanSquaredError()(price, input({ name: 'price', shape: [1] }))
    const loss = add()(ofSort, ofPrice) as Port<'loss'>
    const outputs = { classified: sort, priced: price, loss }
    const { page, trainer, faults } = await watchGraph({ browser, outputs, loss, data })
    await predictedAtRest(page, trainer)
    const panel = page.getByRole('region', { name: 'Predictions of the model' })
    await panel.getByRole('table', { name: 'How many samples of each class' }).waitFor()
    await panel.getByRole('tab', { name: 'priced' }).click()
    await panel.getByRole('img', { name: /^Predicted against true price/ }).waitFor()
    expect(await panel.getByRole('table').count()).toBe(0)
    expect((await axe(page)).violations).toEqual([])
    // With room for both.
    await panel.getByRole('button', { name: 'Enlarge' }).click()
    const [left, right] = [panel.getByRole('table').first(), panel.getByRole('img', { name: /^Predicted/ })]
    await Promise.all([left.waitFor(), right.waitFor()])
    const [a, b] = [await left.boundingBox(), await right.boundingBox()]
    expect(a && b && a.x + a.width < b.x).toBe(true)
    // The classes are numbers, and the counts are those of the model.
    const said = trainer.model.predict({ x: rows }) as Record<string, { toNested(): unknown }>
    const logits = said.classified?.toNested() as number[][]
    const hits = rows.filter(
      ([x = 0, y = 0], i) => classOf(logits[i] as number[]) === (x > 0 ? 0 : y > 0 ? 1 : 2),
    )
    await panel.getByText(`${hits.length} of 120 training samples are right`).waitFor()
    expect((await axe(page)).violations).toEqual([])
    expect(faults).toEqual([])
  } finally {
    await browser.close()
  }
})

test('a language model writes from a beginning, again as it learns, and says what it lacks', async () => {
  const browser = await launch()
  try {
    const letters = ' abcdefg'
    const song = Array.from('abc def g abc def g abc def g', letter => letters.indexOf(letter))
    const from = (ahead: number) => Array.from({ length: 20 }, (_, i) => song.slice(i + ahead, i + ahead + 8))
    const tokens = input({ name: 'x', shape: [8] })
    const read = tokens.pipe(
      embedding({ inputDim: 8, outputDim: 6 }),
      gru({ units: 8, returnSequences: true }),
    )
    const next = read.pipe(dense({ units: 8 }))
    const entropy = sparseCategoricalCrossentropy({ fromLogits: true })
    const loss = entropy(next, input({ name: 'target', shape: [8] }))
    const text = {
      encode: (given: string) => Array.from(given, letter => letters.indexOf(letter)),
      decode: (codes: readonly number[]) => codes.map(code => letters[code]).join(''),
    }
    const run = { browser, outputs: { next, loss }, loss, data: fromArrays({ x: from(0), target: from(1) }) }
    const { page, trainer, faults } = await watchGraph({ ...run, learningRate: 0.5, options: { text } })
    const panel = page.getByRole('region', { name: 'What the model writes' })
    const texts = panel.getByRole('article')
    // The first of 300 letters, from the first 16 of the data, which has 8; then one of the steps that follow.
    await expect.poll(() => texts.count()).toBeGreaterThan(1)
    expect((await texts.last().locator('p').innerText()).length).toBe(308)
    expect(await texts.last().innerText()).toContain('abc def ')
    await atRest(page, trainer)
    // The same as the model says itself, from a beginning of one's own.
    await panel.getByLabel('begins with').fill('def')
    await panel.getByLabel('temperature').fill('0')
    await page.keyboard.press('Enter')
    const own = texts.first().locator('p')
    await expect.poll(() => own.innerText()).toMatch(/^def.{300}$/)
    let written = 'def'
    for (let i = 0; i < 300; i++) {
      const last = text.encode(written).slice(-8)
      const row = [...last, ...new Array<number>(8 - last.length).fill(0)]
      const { data } = trainer.model.predict({ x: [row] }).next as { data: Float32Array }
      const logits = data.subarray(8 * (last.length - 1), 8 * last.length)
      written += letters[logits.indexOf(Math.max(...logits))]
    }
    expect(await own.innerText()).toBe(written)
    await panel.getByLabel('begins with').fill('xyz')
    await panel.getByRole('button', { name: 'Write' }).click()
    await panel.getByText(/the vocabulary lacks/).waitFor()
    await panel.getByLabel('temperature').fill('-1')
    await panel.getByRole('button', { name: 'Write' }).click()
    await panel.getByText('temperature: it must be 0 or more').waitFor()
    expect((await axe(page)).violations).toEqual([])
    // Its letters as points, under their names.
    await page.getByRole('tab', { name: 'Embeddings' }).click()
    await page.getByRole('img', { name: /^PCA of embedding1 embeddings, 8 rows/ }).waitFor()
    await page.getByRole('searchbox', { name: 'Search the names of the rows' }).fill('d')
    await page.keyboard.press('Enter')
    await page.getByRole('region', { name: 'Nearest to d' }).getByRole('listitem').nth(6).waitFor()
    expect((await axe(page)).violations).toEqual([])
    // A bridge that was not told how.
    const other = await watchGraph({ ...run, view: { colorScheme: 'dark' } })
    await other.page.getByText('openBridge(trainer, { text: { encode, decode } })').waitFor()
    expect((await axe(other.page)).violations).toEqual([])
    expect([...faults, ...other.faults]).toEqual([])
  } finally {
    await browser.close()
  }
})

test('a table of embeddings is a plane of words, with the neighbours of one of them', async () => {
  const browser = await launch()
  try {
    const districts = ['Abbey', 'Bridge', 'Castle', 'Dock', 'East', 'Field', 'Garden', 'Harbour']
    const flats = Array.from({ length: 80 }, (_, i) => ({
      district: districts[i % 8],
      area: 20 + ((7 * i) % 31),
      rent: 8 * (i % 8) + ((7 * i) % 31),
    }))
    const columns = { district: { type: 'index' } } as const
    const data = arrayOf(flats, { target: 'rent', columns }).standardize({ columns: ['x', 'target'] })
    const x = input({ name: 'x', shape: [2] })
    const vector = x.pipe(slice({ end: 1 }), embedding({ inputDim: 8, outputDim: 4 }), flatten())
    const prediction = concatenate()(vector, x.pipe(slice({ start: 1 }))).pipe(dense({ units: 1 }))
    const loss = meanSquaredError()(prediction, input({ name: 'target', shape: [1] }))
    const { page, trainer, faults } = await watchGraph({
      browser,
      outputs: { prediction, loss },
      loss,
      data,
      learningRate: 0.01,
    })
    const panel = page.getByRole('region', { name: 'Predictions of the model' })
    await panel.getByRole('tab', { name: 'Embeddings' }).click()
    const canvas = panel.getByRole('img', { name: /^PCA of embedding1 embeddings, 8 rows/ })
    // It follows the run.
    const look = () => canvas.evaluate(element => (element as HTMLCanvasElement).toDataURL())
    await panel.getByText(/^8 rows, .* of the variance/).waitFor()
    const early = await look()
    await expect.poll(look).not.toBe(early)
    await atRest(page, trainer)
    // By its name, then by keys.
    await panel.getByRole('searchbox').fill('dOc')
    await panel.getByText('1 found').waitFor()
    await page.keyboard.press('Enter')
    const near = panel.getByRole('region', { name: 'Nearest to Dock' })
    const rows = trainer.model.node('embedding1').parameters.embeddings?.value.toNested() as number[][]
    const cosine = (a: number[] = [], b: number[] = []) => {
      const dot = (u: number[], v: number[]) => u.reduce((sum, value, i) => sum + value * (v[i] as number), 0)
      return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))
    }
    const wanted = rows
      .map((row, i) => ({ name: districts[i], cosine: cosine(row, rows[3]) }))
      .filter(({ name }) => name !== 'Dock')
      .sort((a, b) => b.cosine - a.cosine)
      .map(({ name, cosine }) => `${name} ${cosine.toFixed(3)}`)
    const listed = async () =>
      (await near.getByRole('listitem').allInnerTexts()).map(text => text.replace(/\s+/g, ' '))
    await expect.poll(listed).toEqual(wanted)
    expect((await axe(page)).violations).toEqual([])
    await expect.poll(() => page.url()).toContain('row=3')
    await canvas.focus()
    await page.keyboard.press('ArrowRight')
    const pointed = await panel.getByText(/^row \d+: /).innerText()
    await page.keyboard.press('Enter')
    await panel.getByRole('region', { name: `Nearest to ${pointed.replace(/^row \d+: /, '')}` }).waitFor()
    await panel.getByRole('searchbox').fill('Zoo')
    await panel.getByText('“Zoo” is not in 8 rows').waitFor()
    await panel.getByRole('button', { name: 'Enlarge' }).click()
    expect((await axe(page)).violations).toEqual([])
    expect(faults).toEqual([])
  } finally {
    await browser.close()
  }
})

test('a layer is projected by PCA and by UMAP, with a label and a picture for each point', async () => {
  const browser = await launch()
  try {
    const { page, trainer, faults } = await watchDigits(browser, { colorScheme: 'dark' })
    await predictedAtRest(page, trainer)
    const panel = page.getByRole('region', { name: 'Predictions of the model' })
    await panel.getByRole('tab', { name: 'Layers' }).click()
    const count = trainer.state.data.samples as number
    await panel.getByText(new RegExp(`^${count} samples, .* of the variance`)).waitFor()
    const canvas = panel.getByRole('img', { name: /^PCA of x for/ })
    expect((await inkOf(canvas)).colours).toBeGreaterThan(6)
    // By keys: the first point, with what is true of it, and its picture.
    await canvas.focus()
    await page.keyboard.press('ArrowRight')
    await panel.getByText(/^sample \d+: \d$/).waitFor()
    await panel.getByRole('img', { name: /^Sample \d+$/ }).waitFor()
    expect((await axe(page)).violations).toEqual([])
    // Seeded: it comes out the same twice.
    await panel.getByRole('combobox', { name: 'layer' }).selectOption('dense1')
    await panel.getByText('UMAP').click()
    const again = panel.getByRole('button', { name: 'Project again' })
    const looks: string[] = []
    const plane = panel.getByRole('img', { name: /^UMAP of dense1/ })
    for (let i = 0; i < 2; i++) {
      await again.waitFor()
      looks.push(await plane.evaluate(element => (element as HTMLCanvasElement).toDataURL()))
      // It is away for a moment, which a look from outside may miss: the browser itself looks at each frame.
      await Promise.all([again.waitFor({ state: 'detached' }), again.click()])
    }
    expect(looks[0]).toBe(looks[1])
    expect((await axe(page)).violations).toEqual([])
    expect(faults).toEqual([])
  } finally {
    await browser.close()
  }
})
