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

pathlib.Path(__file__).with_name('metrics.json').write_text(json.dumps(out) + '\n')
