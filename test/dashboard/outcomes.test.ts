/** What the page shows of the predictions of a run: scores, curves, and numbers against the truth. */
import { arrayOf, dense, type Port, tanh } from 'gradstream'
import { afterAll, afterEach, expect, test } from 'vitest'
import { gridOf } from '../../dashboard/grid.ts'
import { axe } from './axe.ts'
import { launch } from './browser.ts'
import { predictedAtRest } from './seen.ts'
import { watch } from './support.ts'
import { closeBrowser, leave, watchRun } from './watched-run.ts'

afterEach(leave)
afterAll(closeBrowser)

test('a yes-or-no question has scores of both classes, and curves with their areas', async () => {
  const { trainer, page, faults } = await watchRun()
  const panel = page.getByRole('region', { name: 'Predictions of the model' })
  await predictedAtRest(page, trainer)
  const scores = panel.getByRole('table', { name: 'with precision, recall and F1' })
  await scores.waitFor()
  expect(await scores.getByRole('rowheader').allInnerTexts()).toEqual(['0', '1', 'macro'])
  const cells = (await scores.locator('td.score').allInnerTexts()).map(Number)
  expect(cells).toHaveLength(9)
  expect(cells[6]).toBeCloseTo(((cells[0] as number) + (cells[3] as number)) / 2, 2)

  await panel.getByRole('tab', { name: 'ROC and PR' }).click()
  await panel.getByText('for 32 validation samples').waitFor()
  const area = Number(await panel.locator('[data-fact="ROC"]').innerText())
  expect(area).toBeGreaterThan(0)
  expect(area).toBeLessThanOrEqual(1)
  expect(await panel.getByRole('img', { name: /^Precision-recall curve of 1/ }).count()).toBe(1)
  // Inside its frame.
  for (const svg of await panel.locator('.diagram svg').all()) {
    const frame = await svg.boundingBox()
    const curve = await svg.locator('.curve').boundingBox()
    expect(curve?.x).toBeGreaterThan(frame?.x ?? Number.POSITIVE_INFINITY)
    expect(curve?.width).toBeLessThan(frame?.width ?? 0)
  }
  await panel.getByRole('tab', { name: 'Calibration' }).click()
  const error = Number(await panel.locator('[data-fact="ECE"]').innerText())
  // By the definition, from the model itself.
  const bins = Array.from({ length: 10 }, () => ({ count: 0, sure: 0, right: 0 }))
  for (let i = 0; i < 32; i++) {
    const [a, b] = [Math.sin(3 * i), Math.cos(7 * i)]
    const sure = trainer.model.predict({ x: [[a, b]] }).prediction?.data[0] as number
    const bin = bins[Math.ceil(10 * sure) - 1] as (typeof bins)[number]
    bin.count++
    bin.sure += sure
    bin.right += a * b > 0 ? 1 : 0
  }
  const wanted = bins.reduce((sum, { sure, right }) => sum + Math.abs(sure - right) / 32, 0)
  expect(error).toBeCloseTo(wanted, 3)
  expect((await axe(page)).violations).toEqual([])
  expect(faults).toEqual([])
})

test('a threshold decides between yes and no in the matrix and on the curves, and a link keeps it', async () => {
  const { trainer, page, faults } = await watchRun()
  const panel = page.getByRole('region', { name: 'Predictions of the model' })
  await trainer.pause()
  await panel.locator('.matrix').waitFor()
  await page.locator('.status.paused').waitFor()
  const said = Array.from({ length: 32 }, (_, i) => {
    const row = [Math.sin(3 * i), Math.cos(7 * i)]
    return trainer.model.predict({ x: [row] }).prediction?.data[0] as number
  })
  const yes = (threshold: number) => said.filter(probability => probability > threshold).length
  const predicted = async () => {
    const cells = await panel.locator('.matrix tbody td:not(.score)').allInnerTexts()
    return Number(cells[1]) + Number(cells[3])
  }
  await expect.poll(predicted).toBe(yes(0.5))
  const slider = panel.getByRole('slider', { name: 'threshold' })
  for (const [key, threshold] of [
    ['End', 0.99],
    ['Home', 0.01],
  ] as const) {
    await slider.press(key)
    await expect.poll(predicted).toBe(yes(threshold))
  }
  await page.waitForURL(/threshold=0\.01/)
  await page.reload()
  await expect.poll(predicted).toBe(yes(0.01))
  await panel.getByRole('tab', { name: 'ROC and PR' }).click()
  expect(await panel.getByRole('slider', { name: 'threshold' }).inputValue()).toBe('0.01')
  expect(faults).toEqual([])
})

test('a click on a cell shows the samples behind it, with the most wrong first', async () => {
  const { trainer, page, faults } = await watchRun()
  const panel = page.getByRole('region', { name: 'Predictions of the model' })
  await predictedAtRest(page, trainer)
  const matrix = panel.getByRole('table', { name: 'How many samples of each class' })
  await matrix.waitFor()

  // By keys alone: to the cell at the lower left, into it, and back.
  await matrix.getByRole('button').first().focus()
  await page.keyboard.press('ArrowDown')
  const cell = matrix.getByRole('button', { name: /true 1, predicted 0$/ })
  expect(await cell.evaluate(button => button === document.activeElement)).toBe(true)
  const count = Number(await cell.innerText())
  await page.keyboard.press('Enter')
  const samples = panel.getByRole('region', { name: 'Samples behind the cell' })
  await samples.getByText(`${count} of 32 validation samples: true 1, predicted 0`).waitFor()
  await page.keyboard.press('Escape')
  await expect.poll(() => samples.count()).toBe(0)
  expect(await cell.evaluate(button => button === document.activeElement)).toBe(true)

  await panel.getByRole('button', { name: 'Show the mistakes' }).click()
  const rows = samples.getByRole('row')
  await rows.nth(1).waitFor()
  expect(await rows.first().getByRole('columnheader').allInnerTexts()).toEqual([
    'sample',
    'true',
    'predicted',
    'probability',
    'x 0',
    'x 1',
  ])
  const sureness = await samples.locator('tbody tr td:nth-of-type(3)').allInnerTexts()
  const numbers = sureness.map(Number.parseFloat)
  expect(numbers).toEqual(numbers.toSorted((a, b) => b - a))
  // What is shown is what the data holds, and what the model says of it now.
  const [place, , predicted, probability, a, b] = (await rows
    .nth(1)
    .locator('th, td')
    .allInnerTexts()) as string[]
  const { x } = { x: [Math.sin(3 * Number(place)), Math.cos(7 * Number(place))] }
  expect([Number(a), Number(b)].map((value, i) => Math.abs(value - (x[i] as number)) < 0.005)).toEqual([
    true,
    true,
  ])
  const [yes = 0] = trainer.model.predict({ x: [x] }).prediction?.data ?? []
  const sure = predicted === '1' ? yes : 1 - yes
  expect(Number.parseFloat(probability as string)).toBeCloseTo(100 * sure, 0)

  expect((await axe(page)).violations).toEqual([])
  // The page remembers, and is as large as wanted.
  await panel.getByRole('button', { name: 'Enlarge' }).click()
  await expect.poll(async () => (await panel.boundingBox())?.width).toBeGreaterThan(1300)
  expect((await axe(page)).violations).toEqual([])
  await expect.poll(() => page.url()).toContain('cell=mistakes')
  await page.reload()
  await rows.nth(1).waitFor()
  expect(await page.getByRole('button', { name: 'Start', exact: true }).isVisible()).toBe(false)
  await panel.getByRole('button', { name: 'Smaller' }).click()
  await page.getByRole('button', { name: 'Start', exact: true }).waitFor()
  expect(faults).toEqual([])
})

test('samples of a table are shown as their rows were written', async () => {
  const rows = Array.from({ length: 40 }, (_, i) => ({
    city: i % 2 === 0 ? 'Paris' : 'Rome',
    sold: `2024-05-${10 + (i % 20)}`,
    price: i % 3 === 0 ? 'high' : 'low',
  }))
  const columns = { city: { type: 'index' }, sold: { type: 'date' }, price: { type: 'binary' } } as const
  const data = arrayOf(rows, { target: 'price', columns }).standardize()
  const { trainer, page, faults } = await watchRun({ data, validation: data })
  const panel = page.getByRole('region', { name: 'Predictions of the model' })
  await trainer.pause()
  await panel.getByRole('button', { name: 'Show the mistakes' }).click()
  const samples = panel.getByRole('region', { name: 'Rows of the samples' })
  await samples.waitFor()
  expect((await samples.getByRole('columnheader').allInnerTexts()).slice(4)).toEqual(['city', 'sold'])
  const shown = await samples.locator('tbody tr').all()
  expect(shown.length).toBeGreaterThan(5)
  for (const each of shown) {
    const { city, sold, price } = rows[Number(await each.locator('th').innerText())] as (typeof rows)[number]
    const [real, , , ...cells] = await each.locator('td').allInnerTexts()
    expect([real, ...cells]).toEqual([price, city, sold])
  }
  expect(faults).toEqual([])
})

test('the plane has the colour of the class that the model predicts at each place, at any size', async () => {
  const { trainer, page, faults } = await watchRun({ stepsPerSecond: 3000 } as never)
  const panel = page.getByRole('region', { name: 'Predictions of the model' })
  const canvas = panel.getByRole('img', { name: /^The prediction over/ })
  await canvas.waitFor()
  await expect.poll(() => trainer.state.step).toBeGreaterThan(400)
  await predictedAtRest(page, trainer)
  const points = Array.from({ length: 256 }, (_, i) => [Math.sin(3 * i), Math.cos(7 * i)] as const)
  const { x, y } = gridOf({ shape: [256, 2], data: points.flat() })
  // Away from all points, whose marks cover the plane.
  const shares = Array.from(
    { length: 400 },
    (_, i) => [((i % 20) + 0.5) / 20, (Math.floor(i / 20) + 0.5) / 20] as const,
  )
  const at = ([u, v]: readonly [number, number]) =>
    [x[0] + u * (x[1] - x[0]), y[1] - v * (y[1] - y[0])] as const
  const isFree = ([a, b]: readonly [number, number]) =>
    points.every(([c, d]) => Math.hypot(a - c, b - d) > 0.08)
  const free = shares.filter(share => isFree(at(share)))
  const said = trainer.model.predict({ x: free.map(share => [...at(share)]) }).prediction?.data ?? []
  // Neither at the boundary, nor where shades are too light to tell.
  const sure = free.flatMap((share, i) =>
    Math.abs((said[i] as number) - 0.5) > 0.1 ? [{ share, isYes: (said[i] as number) > 0.5 }] : [],
  )
  expect(sure.length).toBeGreaterThan(30)
  const look = () =>
    canvas.evaluate(
      (element, shares) => {
        const { width, height } = element as HTMLCanvasElement
        const context = (element as HTMLCanvasElement).getContext('2d') as CanvasRenderingContext2D
        return shares.map(([u, v]) => {
          const [r = 0, , b = 0] = context.getImageData(
            Math.floor(u * width),
            Math.floor(v * height),
            1,
            1,
          ).data
          // The second class is orange, the first one blue.
          return r > b
        })
      },
      sure.map(({ share }) => [...share] as [number, number]),
    )
  const wanted = sure.map(({ isYes }) => isYes)
  await expect.poll(look).toEqual(wanted)
  await panel.getByRole('button', { name: 'Enlarge' }).click()
  await expect.poll(async () => (await canvas.boundingBox())?.width).toBeGreaterThan(500)
  await expect.poll(look).toEqual(wanted)
  expect(faults).toEqual([])
})

test('a regression has its predictions against what is true', async () => {
  const browser = await launch()
  try {
    const network = (x: Port<'value'>) => x.pipe(dense({ units: 8 }), tanh(), dense({ units: 1 }))
    const { trainer, page, faults } = await watch({ browser, network, learningRate: 0.05 })
    const panel = page.getByRole('region', { name: 'Predictions of the model' })
    const diagram = panel.getByRole('img', { name: /^Predicted against true target: r² is/ })
    await diagram.waitFor()
    await predictedAtRest(page, trainer)
    await panel.getByText(/^64 training samples/).waitFor()
    const dots = async () => ((await diagram.locator('.dots').getAttribute('d')) ?? '').match(/h0/g)?.length
    expect(await dots()).toBe(64)
    expect((await axe(page)).violations).toEqual([])
    expect(faults).toEqual([])
  } finally {
    await browser.close()
  }
})

test('a click on the points of a regression, or a region of them, shows the samples behind', async () => {
  const browser = await launch()
  try {
    const network = (x: Port<'value'>) => x.pipe(dense({ units: 8 }), tanh(), dense({ units: 1 }))
    const { trainer, page, faults } = await watch({ browser, network, learningRate: 0.05 })
    const panel = page.getByRole('region', { name: 'Predictions of the model' })
    await panel.getByText(/^64 training samples/).waitFor()
    await predictedAtRest(page, trainer)
    // What the model itself predicts, of what the data hold.
    const all = Array.from({ length: 64 }, (_, i) => {
      const x = [Math.sin(3 * i), Math.cos(7 * i)] as const
      const said = trainer.model.predict({ x: [[...x]] }).prediction?.data[0] as number
      return { i, said, real: x[0] * x[1] }
    })
    const samples = panel.getByRole('region', { name: 'Samples behind the points' })
    const places = async () => (await samples.locator('tbody th').allInnerTexts()).map(Number)
    await panel.getByRole('button', { name: 'Show the largest errors' }).click()
    await samples.getByText('Errors of 64 training samples').waitFor()
    const worst = all.toSorted((a, b) => Math.abs(b.said - b.real) - Math.abs(a.said - a.real))
    await expect.poll(places).toEqual(worst.slice(0, 10).map(({ i }) => i))
    const errors = (await samples.locator('tbody tr td:nth-of-type(3)').allInnerTexts()).map(Number)
    errors.forEach((error, at) => {
      const { said, real } = worst[at] as (typeof all)[number]
      expect(Math.abs(error - (said - real))).toBeLessThan(0.006)
    })
    expect((await axe(page)).violations).toEqual([])
    await page.keyboard.press('Escape')
    const opener = panel.getByRole('button', { name: 'Show the largest errors' })
    await expect.poll(() => opener.evaluate(button => button === document.activeElement)).toBe(true)
    // A region from one corner to the other: all samples of its part of the plot.
    const room = panel.locator('.brush .room')
    const { x, y, width, height } = (await room.boundingBox()) as NonNullable<
      Awaited<ReturnType<typeof room.boundingBox>>
    >
    await page.mouse.move(x + 1, y + height - 1)
    await page.mouse.down()
    await page.mouse.move(x + width / 3, y + height / 2, { steps: 3 })
    await page.mouse.move(x + width / 2, y + 1, { steps: 3 })
    await page.mouse.up()
    await samples.waitFor()
    await expect.poll(() => page.url()).toMatch(/cell=[-\d]/)
    const ends = (new URL(page.url()).searchParams.get('cell') ?? '').split(' ').map(Number)
    const [a = 0, b = 0, c = 0, d = 0] = ends
    const inside = all.filter(({ real, said }) => real >= a && real <= b && said >= c && said <= d)
    expect(inside.length).toBeGreaterThan(10)
    await samples.getByText(`${inside.length} of 64 training samples: true target`).waitFor()
    await page.keyboard.press('Escape')
    await samples.waitFor({ state: 'detached' })
    // A click on a point: at least that sample.
    const point = inside[3] as (typeof all)[number]
    const [least, most] = [a, a + ((b - a) * width) / (width / 2 - 1)]
    const at = (value: number) => (value - least) / (most - least)
    await page.mouse.click(x + 1 + at(point.real) * width, y + height - 1 - at(point.said) * height)
    await expect.poll(places).toContain(point.i)
    expect((await places()).length).toBeLessThan(10)
    await page.keyboard.press('Escape')
    // Escape closes what was opened last, and then what was opened before.
    await panel.getByRole('button', { name: 'Enlarge' }).click()
    await opener.click()
    await samples.waitFor()
    await page.keyboard.press('Escape')
    await samples.waitFor({ state: 'detached' })
    const smaller = panel.getByRole('button', { name: 'Smaller' })
    expect(await smaller.count()).toBe(1)
    await page.keyboard.press('Escape')
    await smaller.waitFor({ state: 'detached' })
    expect(faults).toEqual([])
  } finally {
    await browser.close()
  }
})
