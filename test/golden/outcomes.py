"""Writes outcomes.json: predictions, targets and what scikit-learn says of them, for the page. Run: python3 test/golden/outcomes.py"""
import json
import pathlib
import numpy as np
from sklearn import metrics as m
from sklearn.calibration import calibration_curve
from sklearn.decomposition import PCA

rng = np.random.RandomState(11)
out = {'binary': [], 'classes': [], 'numbers': []}

# Probabilities of few values, so that many samples share a threshold, and of many.
for count, digits in [(40, 1), (300, 2), (512, 6)]:
    t = rng.rand(count) < 0.3
    p = np.clip(0.35 * t + rng.rand(count) * 0.65, 0, 1).round(digits)
    x, y, _ = m.roc_curve(t, p, drop_intermediate=False)
    precision, recall, _ = m.precision_recall_curve(t, p)
    out['binary'].append({
        'probabilities': p.tolist(), 'isYes': t.tolist(),
        'roc': np.c_[x, y].tolist(), 'area': m.roc_auc_score(t, p),
        # From the highest threshold down, without the end that scikit-learn adds.
        'precisionRecall': np.c_[recall, precision][::-1][1:].tolist(), 'averagePrecision': m.average_precision_score(t, p)})

# The last class is neither there nor predicted, the one before only predicted.
for classes, actual, predicted in [(2, 2, 2), (5, 3, 4), (10, 10, 10)]:
    c = rng.randint(0, actual, 200)
    y = np.where(rng.rand(200) < 0.6, c, rng.randint(0, predicted, 200))
    labels = list(range(classes))
    scores = m.precision_recall_fscore_support(c, y, labels=labels, zero_division=0)
    macro = m.precision_recall_fscore_support(c, y, labels=labels, zero_division=0, average='macro')
    out['classes'].append({
        'actual': c.tolist(), 'predicted': y.tolist(), 'classes': classes, 'counts': m.confusion_matrix(c, y, labels=labels).tolist(),
        'scores': np.array(scores[:3]).T.tolist(), 'macro': list(macro[:3])})

for count, noise in [(50, 0.1), (200, 3)]:
    t = rng.randn(count).round(6) * 20 + 100
    p = (t + noise * rng.randn(count)).round(6)
    out['numbers'].append({'pairs': np.c_[t, p].tolist(), 'r2': m.r2_score(t, p), 'meanAbsoluteError': m.mean_absolute_error(t, p)})

# Of a yes-or-no question, and of the likeliest of several classes. The error is the definition, written with numpy.
def calibration(p, t):
    share, confidence = calibration_curve(t, p, n_bins=10, strategy='uniform')
    bins = np.digitize(p, np.linspace(0, 1, 11)[1:-1], right=True)
    gaps = [np.sum(bins == b) / len(p) * abs(p[bins == b].mean() - t[bins == b].mean()) for b in np.unique(bins)]
    return {
        'probabilities': p.tolist(), 'cameTrue': t.tolist(), 'counts': np.bincount(bins, minlength=10).tolist(),
        'curve': np.c_[confidence, share].tolist(), 'error': sum(gaps)}

out['calibration'] = []
for count, digits in [(40, 1), (512, 6)]:
    p = rng.rand(count).round(digits)
    out['calibration'].append(calibration(p, rng.rand(count) < p ** 2))
z = rng.randn(300, 5) * 2
p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
out['calibration'].append(calibration(p.max(axis=1), p.argmax(axis=1) == rng.randint(0, 5, 300)))

# More rows than columns, fewer, and two directions that are nearly alike.
out['projections'] = []
for rows, scales in [(60, [3, 2, 1, 0.5]), (9, np.linspace(2, 0.1, 20)), (80, [2, 1.02, 1, 0.98, 0.96, 0.1])]:
    x = (rng.randn(rows, len(scales)) * scales @ np.linalg.qr(rng.randn(len(scales), len(scales)))[0] + 5).round(5)
    pca = PCA(n_components=2, svd_solver='full').fit(x)
    out['projections'].append({
        'rows': x.tolist(), 'points': pca.transform(x).tolist(), 'shares': pca.explained_variance_ratio_.tolist()})

pathlib.Path(__file__).with_name('outcomes.json').write_text(json.dumps(out) + '\n')
