"""Writes metrics.json: predictions, targets and what scikit-learn says of them. Run: python3 test/golden/metrics.py"""
import json
import pathlib
import numpy as np
from sklearn import metrics as m

rng = np.random.RandomState(3)
out = {}

p, t = rng.rand(23).round(6), (rng.rand(23) < 0.4).astype(float)
y = (p > 0.5).astype(float)
out['binary'] = {'prediction': p[:, None].tolist(), 'target': t[:, None].tolist(), 'figures': {
    'precision': m.precision_score(t, y), 'recall': m.recall_score(t, y), 'specificity': m.recall_score(1 - t, 1 - y), 'f1': m.f1_score(t, y),
    'meanIoU': m.jaccard_score(t, y), 'cohenKappa': m.cohen_kappa_score(t, y), 'matthews': m.matthews_corrcoef(t, y)}}

z, c = rng.randn(31, 7).round(6), rng.randint(0, 7, 31)
y = z.argmax(1)
e = np.exp(z - z.max(1, keepdims=True))
labels = list(range(7))
counts = m.confusion_matrix(c, y, labels=labels)
specificity = [(counts.sum() - counts[i].sum() - counts[:, i].sum() + counts[i, i]) / (counts.sum() - counts[i].sum()) for i in labels]
macro = {'labels': labels, 'average': 'macro', 'zero_division': 0}
out['classes'] = {'prediction': z.tolist(), 'target': c[:, None].tolist(), 'figures': {
    'accuracy': float((y == c).mean()), 'precision': m.precision_score(c, y, **macro), 'recall': m.recall_score(c, y, **macro),
    'specificity': float(np.mean(specificity)), 'f1': m.f1_score(c, y, **macro), 'meanIoU': m.jaccard_score(c, y, **macro),
    'cohenKappa': m.cohen_kappa_score(c, y), 'matthews': m.matthews_corrcoef(c, y), 'top5Accuracy': m.top_k_accuracy_score(c, z, k=5, labels=labels),
    'perplexity': float(np.exp(m.log_loss(c, e / e.sum(1, keepdims=True), labels=labels)))}}

p = rng.randn(19, 2).round(6) + 100
t = (p + rng.randn(19, 2) * 0.3).round(6)
out['numbers'] = {'prediction': p.tolist(), 'target': t.tolist(), 'figures': {
    'meanAbsoluteError': m.mean_absolute_error(t, p), 'meanSquaredError': m.mean_squared_error(t, p),
    'rootMeanSquaredError': m.mean_squared_error(t, p) ** 0.5, 'meanAbsolutePercentageError': 100 * m.mean_absolute_percentage_error(t, p),
    'r2': m.r2_score(t.ravel(), p.ravel()), 'pearson': float(np.corrcoef(t.ravel(), p.ravel())[0, 1]),
    'cosineSimilarity': float(np.mean([a @ b / np.linalg.norm(a) / np.linalg.norm(b) for a, b in zip(p, t)]))}}


# Metrics with options: [request, figures by name, without the name of the metric]
STEPS, LARGEST = 1024, 16


def steps(p, count=STEPS):
    """The step that a probability is in, as the metrics of scores sort them."""
    p = np.clip(p, 0, 1)
    with np.errstate(divide='ignore'):
        z = np.log(p) - np.log1p(-p)
    return np.floor(np.clip(z * count / (2 * LARGEST) + count / 2, 0, count - 1))


def averages(name, options, of):
    """One request for each average, of a function that takes sklearn's own name of it."""
    each = of(None)
    yield [{'metric': name, 'average': 'none', **options}, {f'.{c}': figure for c, figure in enumerate(each)}]
    for average in ['macro', 'micro', 'weighted']:
        yield [{'metric': name, 'average': average, **options}, {'': of(average)}]


def counted(t, y, options, labels=None):
    """The metrics of counts, of yes or no for each class, or of classes by their numbers."""
    own = {'zero_division': 0, **({} if labels is None else {'labels': labels})}
    yield from averages('precision', options, lambda average: m.precision_score(t, y, average=average, **own))
    yield from averages('recall', options, lambda average: m.recall_score(t, y, average=average, **own))
    yield from averages('f1', options, lambda average: m.f1_score(t, y, average=average, **own))
    yield from averages('meanIoU', options, lambda average: m.jaccard_score(t, y, average=average, **own))
    for beta in [0.5, 2]:
        yield from averages('fBeta', {'beta': beta, **options}, lambda average: m.fbeta_score(t, y, beta=beta, average=average, **own))


def best(t, s, of, least):
    """The largest figure of all thresholds where the other one is large enough."""
    false, true, _ = m.roc_curve(t, s, drop_intermediate=False)
    figure, other = (true, 1 - false) if of == 'sensitivity' else (1 - false, true)
    return float(figure[other >= least].max())


def curves(t, p, options):
    """The metrics of scores: sklearn's, of scores sorted into the same steps."""
    s = steps(p)
    yield from averages('auc', options, lambda average: m.roc_auc_score(t, s, average=average))
    yield from averages('auc', {'curve': 'pr', **options}, lambda average: m.average_precision_score(t, s, average=average))
    few = steps(p, 50)
    yield [{'metric': 'auc', 'thresholds': 50, **options}, {'': m.roc_auc_score(t, few, average='macro')}]
    for name, of, other in [('sensitivityAtSpecificity', 'sensitivity', 'specificity'), ('specificityAtSensitivity', 'specificity', 'sensitivity')]:
        each = [best(t[:, c], s[:, c], of, 0.7) for c in range(t.shape[1])]
        yield [{'metric': name, other: 0.7, 'average': 'none', **options}, {f'.{c}': figure for c, figure in enumerate(each)}]
        yield [{'metric': name, other: 0.7, **options}, {'': float(np.mean(each))}]


def listed(requests):
    return [[request, {name: float(figure) for name, figure in figures.items()}] for request, figures in requests]


z, c = rng.randn(200, 5), rng.choice(5, 200, p=[0.4, 0.3, 0.15, 0.1, 0.05])
z = (z + 1.5 * np.eye(5)[c]).round(6)
p = np.exp(z) / np.exp(z).sum(1, keepdims=True)
one = np.eye(5)[c]
above = (p > 0.3).astype(int)
asked = out['requests'] = {}
asked['classes'] = {'prediction': z.tolist(), 'target': c[:, None].tolist(), 'requests': listed([
    *counted(c, z.argmax(1), {}, labels=list(range(5))),
    *counted(one, above, {'threshold': 0.3}),
    *curves(one, p, {}),
    *[[{'metric': 'confusionMatrix', **({} if ours == 'none' else {'normalize': ours})}, {
        f'.{i} as {j}': figure for (i, j), figure in np.ndenumerate(m.confusion_matrix(c, z.argmax(1), normalize=theirs))}]
      for ours, theirs in [('none', None), ('target', 'true'), ('prediction', 'pred'), ('all', 'all')]],
    *[[{'metric': 'topKAccuracy', 'k': k}, {'': m.top_k_accuracy_score(c, z, k=k, labels=list(range(5)))}] for k in [1, 2, 3]],
])}

z = (3 * rng.randn(150, 4)).round(6)
t = (rng.rand(150, 4) < 1 / (1 + np.exp(-z * [0.2, 0.5, 1, -0.3]))).astype(int)
p = 1 / (1 + np.exp(-z))
asked['labels'] = {'prediction': z.tolist(), 'target': t.tolist(), 'requests': listed([
    *counted(t, (p > 0.5).astype(int), {'multiLabel': True}),
    *counted(t, (p > 0.8).astype(int), {'multiLabel': True, 'threshold': 0.8}),
    *curves(t, p, {'multiLabel': True}),
    [{'metric': 'binaryAccuracy', 'threshold': 0.8}, {'': float(((p > 0.8) == t).mean())}],
])}

p = rng.rand(120).round(6)
t = (rng.rand(120) < p).astype(int)
asked['yes or no'] = {'prediction': p[:, None].tolist(), 'target': t[:, None].tolist(), 'requests': listed([
    [{'metric': 'precision', 'threshold': 0.2}, {'': m.precision_score(t, p > 0.2)}],
    [{'metric': 'recall', 'threshold': 0.8}, {'': m.recall_score(t, p > 0.8)}],
    [{'metric': 'fBeta', 'beta': 2, 'average': 'none'}, {'': m.fbeta_score(t, p > 0.5, beta=2)}],
    [{'metric': 'auc'}, {'': m.roc_auc_score(t, steps(p))}],
    [{'metric': 'auc', 'curve': 'pr'}, {'': m.average_precision_score(t, steps(p))}],
    [{'metric': 'sensitivityAtSpecificity', 'specificity': 0.9}, {'': best(t, steps(p), 'sensitivity', 0.9)}],
    [{'metric': 'specificityAtSensitivity', 'sensitivity': 0.9}, {'': best(t, steps(p), 'specificity', 0.9)}],
    [{'metric': 'confusionMatrix'}, {f'.{i} as {j}': m.confusion_matrix(t == 1, p > 0.5)[a, b]
                                      for a, i in enumerate(['no', 'yes']) for b, j in enumerate(['no', 'yes'])}],
    [{'metric': 'perplexity'}, {'': float(np.exp(m.log_loss(t, p)))}],
])}

p, t = (3 * rng.rand(40, 2)).round(6), (3 * rng.rand(40, 2)).round(6)
asked['numbers'] = {'prediction': p.tolist(), 'target': t.tolist(), 'requests': listed([
    [{'metric': 'meanSquaredLogarithmicError'}, {'': m.mean_squared_log_error(t, p)}],
])}

pathlib.Path(__file__).with_name('metrics.json').write_text(json.dumps(out) + '\n')
