"""
Writes plateau.json: the learning rates of torch.optim.lr_scheduler.ReduceLROnPlateau after each of a row of figures.

The figures fall or rise with noise, stand still, and turn bad (NaN, infinities, negative numbers); `eps` is 0, so that each reduction
counts. Run: python3 test/golden/plateau.py
"""
import json
import math
import pathlib
import random
import torch

random.seed(7)


def rates(figures, initial, mode, factor, patience, threshold, cooldown, minimum):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=initial)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer, mode=mode, factor=factor, patience=patience, threshold=threshold, cooldown=cooldown, min_lr=minimum, eps=0
    )
    for figure in figures:
        scheduler.step(figure)
        yield optimizer.param_groups[0]['lr']


def falling(epochs):
    return [math.exp(-epoch / 8) + random.gauss(0, 0.05) for epoch in range(epochs)]


courses = {
    'falls with noise': falling(60),
    'rises with noise': [1 - figure for figure in falling(60)],
    'stands still': [0.5] * 40,
    'falls by less than the threshold': [1 - 1e-5 * epoch for epoch in range(40)],
    'is no number at times': [math.nan if epoch % 3 == 1 else 1 / (1 + epoch // 5) for epoch in range(40)],
    'is infinite at times': [math.inf if epoch % 4 == 0 else 0.3 - 0.001 * epoch for epoch in range(40)],
    'is negative': [-0.1 * math.sqrt(epoch // 4) for epoch in range(40)],
}
chosen = [
    dict(),
    dict(mode='max'),
    dict(patience=0, factor=0.5),
    dict(patience=2, cooldown=3, factor=0.7),
    dict(patience=1, threshold=0.05, mode='max', minimum=0.01),
    dict(patience=3, threshold=0, cooldown=1, factor=0.3, minimum=0.001),
]
usual = dict(initial=0.1, mode='min', factor=0.1, patience=10, threshold=1e-4, cooldown=0, minimum=0)
# JSON has no NaN and no infinities.
written = lambda figure: figure if math.isfinite(figure) else str(figure)
cases = [
    {
        'course': name,
        'options': options,
        'figures': [written(figure) for figure in figures],
        'rates': list(rates(figures, **{**usual, **options})),
    }
    for name, figures in courses.items()
    for options in chosen
]
lines = ',\n'.join(json.dumps(case) for case in cases)
pathlib.Path(__file__).with_suffix('.json').write_text(f'[\n{lines}\n]\n')
