/** What the page shows of the predictions of a run: scores, curves, and numbers against the truth. */
import { dense, type Port, tanh } from 'gradstream'
import { afterAll, afterEach, expect, test } from 'vitest'
import { axe } from './axe.ts'
import { launch } from './browser.ts'
import { watch } from './support.ts'
import { closeBrowser, leave, watchRun } from './watched-run.ts'

afterEach(leave)
afterAll(closeBrowser)

test('a yes-or-no question has scores of both classes, and curves with their areas', async () => {
  const { trainer, page, faults } = await watchRun()
  const panel = page.getByRole('region', { name: 'Predictions of the model' })
  await trainer.pause()
  const scores = panel.getByRole('table', { name: 'Precision, recall and F1 of each class' })
  await scores.waitFor()
  expect(await scores.getByRole('rowheader').allInnerTexts()).toEqual(['0', '1', 'macro'])
  const cells = (await scores.getByRole('cell').allInnerTexts()).map(Number)
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
  expect((await axe(page)).violations).toEqual([])
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
    await trainer.pause()
    await panel.getByText(/^64 training samples/).waitFor()
    const dots = async () => ((await diagram.locator('.dots').getAttribute('d')) ?? '').match(/h0/g)?.length
    expect(await dots()).toBe(64)
    expect((await axe(page)).violations).toEqual([])
    expect(faults).toEqual([])
  } finally {
    await browser.close()
  }
})
