"""
Writes more.json: reference vectors of nodes that the other files lack, in the same form.

Values come from PyTorch in float64, from its own function where it has one, else from the formula of the paper, written here in another
way than in the node; gradients come from PyTorch's automatic differentiation. `origin` says which. Run: python3 test/golden/more.py
"""
import json
import pathlib
import torch
import torch.nn.functional as F

torch.manual_seed(7)
torch.set_default_dtype(torch.float64)
cases = []


def tensor(*shape, low=None, high=None):
    """Random numbers that float32 holds: normal, or from low to high."""
    x = torch.randn(shape) if low is None else torch.rand(shape) * (high - low) + low
    return x.float().double()


def rounded(x):
    """Nine digits, as in the other files."""
    return {'shape': list(x.shape), 'data': [float(f'{v:.9g}') for v in x.detach().reshape(-1).tolist()]}


def all_rounded(tensors):
    return {name: rounded(x) for name, x in tensors.items()}


def case(node, origin, f, inputs, config=None, parameters=None, fixed=(), **more):
    """f takes the inputs and parameters by name; inputs named in `fixed` have no gradient."""
    parameters = parameters or {}
    given = {**inputs, **parameters}
    given = {name: x.detach() for name, x in given.items()}
    inputs, parameters = ({name: given[name] for name in group} for group in (inputs, parameters))
    for name, x in given.items():
        x.requires_grad_(name not in fixed)
    y = f(**given)
    dy = tensor(*y.shape)
    y.backward(dy)
    gradient = lambda x: torch.zeros_like(x) if x.grad is None else x.grad
    cases.append({
        'node': node, 'config': config or {}, 'inputs': all_rounded(inputs), 'parameters': all_rounded(parameters),
        'outputGradient': rounded(dy), 'output': rounded(y),
        'inputGradients': {name: rounded(gradient(x)) for name, x in inputs.items() if name not in fixed},
        'parameterGradients': {name: rounded(gradient(x)) for name, x in parameters.items()},
        'tolerance': 2e-5, 'origin': origin, **more,
    })


# --- activations ------------------------------------------------------------------------------------------------------

case('hardShrink', 'torch.nn.functional.hardshrink', lambda x: F.hardshrink(x, 0.5), {'x': tensor(4, 6)}, {'lambda': 0.5})
case('softShrink', 'torch.nn.functional.softshrink', lambda x: F.softshrink(x, 0.3), {'x': tensor(4, 6)}, {'lambda': 0.3})
case('squareplus', 'the formula', lambda x: 0.5 * x + torch.sqrt(0.25 * x * x + 1), {'x': tensor(4, 6)}, {'b': 4})


def sparsemax(x):
    """The threshold by bisection, which has no derivative, then once more as a formula of the entries above it."""
    low, high = x.detach().max(-1, keepdim=True)[0] - 1, x.detach().max(-1, keepdim=True)[0]
    for _ in range(200):
        middle = (low + high) / 2
        is_low = (x.detach() - middle).clamp(min=0).sum(-1, keepdim=True) > 1
        low, high = torch.where(is_low, middle, low), torch.where(is_low, high, middle)
    support = (x.detach() > low).double()
    return (x - ((x * support).sum(-1, keepdim=True) - 1) / support.sum(-1, keepdim=True)).clamp(min=0)


case('sparsemax', 'the threshold by bisection', sparsemax, {'x': tensor(5, 6)})
case('sparsemax', 'the threshold by bisection', sparsemax, {'x': (3 * tensor(2, 3, 7)).float().double()})
case('prelu', 'the formula', lambda x, alpha: torch.where(x > 0, x, x * alpha), {'x': tensor(2, 3, 2, 4)}, {'sharedAxes': [1, 2]}, {'alpha': tensor(1, 1, 4)})

# --- what merges, moves and computes --------------------------------------------------------------------------------------

case('multiply', 'the operator', lambda a, b, input3: a * b * input3, {'a': tensor(3, 4), 'b': tensor(3, 4), 'input3': tensor(3, 4)})
case('average', 'the mean of a stack', lambda a, b, input3: torch.stack([a, b, input3]).mean(0), {'a': tensor(3, 4), 'b': tensor(3, 4), 'input3': tensor(3, 4)})
case('maximum', 'torch.max', lambda a, b, input3: torch.stack([a, b, input3]).max(0)[0], {'a': tensor(3, 4), 'b': tensor(3, 4), 'input3': tensor(3, 4)})
case('minimum', 'torch.min', lambda a, b, input3: torch.stack([a, b, input3]).min(0)[0], {'a': tensor(3, 4), 'b': tensor(3, 4), 'input3': tensor(3, 4)})
case('matmul', 'torch.einsum', lambda a, b: torch.einsum('sij,skj->sik', a, b), {'a': tensor(2, 3, 4), 'b': tensor(2, 5, 4)}, {'transposeB': True})
case('matmul', 'torch.einsum', lambda a, b: torch.einsum('hsji,hsjk->hsik', a, b), {'a': tensor(2, 2, 3, 4), 'b': tensor(2, 2, 3, 5)}, {'transposeA': True})
case('dot', 'the sum of products', lambda a, b: (a * b).sum(-1, keepdim=True), {'a': tensor(3, 4), 'b': tensor(3, 4)})
case('dot', 'torch.einsum', lambda a, b: torch.einsum('sij,skli->sjkl', a, b), {'a': tensor(2, 3, 4), 'b': tensor(2, 5, 2, 3)}, {'axes': [1, -1]})
case('dot', 'torch.nn.functional.cosine_similarity', lambda a, b: F.cosine_similarity(a, b)[:, None], {'a': tensor(3, 4), 'b': tensor(3, 4)}, {'normalize': True})
case('stack', 'torch.stack', lambda a, b, input3: torch.stack([a, b, input3], 2), {'a': tensor(2, 3), 'b': tensor(2, 3), 'input3': tensor(2, 3)}, {'axis': -1})
case('stack', 'torch.stack', lambda a, b: torch.stack([a, b], 1), {'a': tensor(2, 3, 2), 'b': tensor(2, 3, 2)})
case('slice', 'the indices of Python', lambda x: x[:, -3:-1], {'x': tensor(2, 5, 3)}, {'axis': 1, 'start': -3, 'end': -1})
case('gather', 'the indices of Python', lambda x, indices: torch.stack([row[:, i.long()] for row, i in zip(x, indices)]),
     {'x': tensor(2, 3, 5), 'indices': torch.tensor([[4.0, 0, 4], [1, 2, 1]])}, {'axis': -1}, fixed=['indices'])
case('stopGradient', 'the identity', lambda x: x.detach() + torch.zeros_like(x, requires_grad=True), {'x': tensor(2, 3)}, fixed=['x'])
case('scale', 'the operator', lambda x: x * -2.5, {'x': tensor(2, 3)}, {'factor': -2.5})
case('power', 'the operator', lambda x: x ** 2.5, {'x': tensor(2, 3, low=0.1, high=3)}, {'exponent': 2.5})
case('power', 'the operator', lambda x: x ** 3, {'x': tensor(2, 3)}, {'exponent': 3})
for name in ['exp', 'sin', 'cos', 'square', 'abs']:
    case(name, f'torch.{name}', getattr(torch, name), {'x': tensor(3, 4)})
for name in ['log', 'sqrt']:
    case(name, f'torch.{name}', getattr(torch, name), {'x': tensor(3, 4, low=0.1, high=4)})
case('clip', 'torch.clamp', lambda x: x.clamp(-0.5, 0.75), {'x': tensor(3, 4)}, {'minimum': -0.5, 'maximum': 0.75})
case('where', 'torch.where', lambda condition, a, b: torch.where(condition > 0, a, b),
     {'condition': (tensor(3, 4) > 0).double(), 'a': tensor(3, 4), 'b': tensor(3, 4)}, fixed=['condition'])
FOLDS = {
    'sum': torch.sum, 'mean': torch.mean, 'max': torch.amax, 'min': torch.amin, 'logSumExp': torch.logsumexp,
    'variance': lambda x, axes, keepdim: x.var(axes, unbiased=False, keepdim=keepdim),
}
for name, fold in FOLDS.items():
    case(name, f'torch: {name}', lambda x: fold(x, (1, 2), keepdim=False), {'x': tensor(2, 3, 4)})
    case(name, f'torch: {name}', lambda x: fold(x, (2,), keepdim=True), {'x': tensor(2, 3, 4)}, {'axis': -1, 'keepDims': True})
    case(name, f'torch: {name}', lambda x: fold(x, (1, 3), keepdim=False), {'x': tensor(2, 3, 2, 4)}, {'axis': [1, 3]})

# --- losses -----------------------------------------------------------------------------------------------------------------


def loss(node, origin, f, prediction, target, config=None, weight=None):
    """A loss of two inputs, perhaps weighted."""
    inputs = {'prediction': prediction, 'target': target, **({} if weight is None else {'weight': weight})}
    case(node, origin, f, inputs, config, fixed=['target', 'weight'])


def row_weights(n):
    return tensor(n, low=0.1, high=2)


def one_hot(rows, classes):
    return F.one_hot(torch.arange(rows) * 5 % classes, classes).double()


logits, shares = lambda *shape: tensor(*shape), lambda *shape: tensor(*shape, low=0.05, high=0.95)
loss('quantile', 'the formula', lambda prediction, target: torch.where(target > prediction, 0.9 * (target - prediction), 0.1 * (prediction - target)).mean(),
     tensor(3, 4), tensor(3, 4), {'q': 0.9})
loss('categoricalFocalCrossentropy', 'the formula, with torch.softmax', lambda prediction, target:
     -(0.25 * target * (1 - prediction.softmax(-1)) ** 2 * prediction.softmax(-1).log()).sum(-1).mean(), logits(4, 5), one_hot(4, 5), {'fromLogits': True})
loss('categoricalFocalCrossentropy', 'the formula', lambda prediction, target:
     -(target * (1 - prediction) ** 1.5 * prediction.log()).sum(-1).mean(), shares(4, 5), one_hot(4, 5), {'gamma': 1.5, 'alpha': 1})
loss('binaryFocalCrossentropy', 'the formula', lambda prediction, target: torch.where(
         target > 0, -0.25 * (1 - prediction) ** 2 * prediction.log(), -0.75 * prediction ** 2 * (1 - prediction).log()).mean(),
     shares(4, 5), one_hot(4, 5), {'applyClassBalancing': True})
loss('dice', 'the formula', lambda prediction, target: torch.stack(
         [1 - (2 * (p * t).sum() + 1) / (p.sum() + t.sum() + 1) for p, t in zip(prediction, target)]).mean(),
     shares(3, 2, 4), one_hot(6, 4).reshape(3, 2, 4), {'epsilon': 1})
loss('tversky', 'the formula', lambda prediction, target: torch.stack(
         [1 - ((p * t).sum() + 1e-7) / ((p * t).sum() + 0.3 * (p - p * t).sum() + 0.7 * (t - p * t).sum() + 1e-7) for p, t in zip(prediction, target)]).mean(),
     shares(3, 6), one_hot(3, 6), {'alpha': 0.3, 'beta': 0.7})
case('triplet', 'torch.nn.functional.triplet_margin_loss', lambda anchor, positive, negative: F.triplet_margin_loss(anchor, positive, negative, margin=0.7),
     {'anchor': tensor(5, 4), 'positive': tensor(5, 4), 'negative': tensor(5, 4)}, {'margin': 0.7})
case('contrastive', 'the formula, with the norm of torch', lambda a, b, target: torch.stack(
         [torch.dist(x, y) ** 2 if t > 0 else (2 - torch.dist(x, y)).clamp(min=0) ** 2 for x, y, t in zip(a, b, target)]).mean(),
     {'a': tensor(5, 3), 'b': tensor(5, 3), 'target': torch.tensor([[1.0], [0], [1], [0], [0]])}, {'margin': 2}, fixed=['target'])

# Weights, classes with weights of their own, and sums.
loss('meanSquaredError', 'the formula', lambda prediction, target, weight: ((prediction - target) ** 2 * weight[:, None]).mean(), tensor(4, 3), tensor(4, 3), weight=row_weights(4))
loss('meanAbsoluteError', 'the formula', lambda prediction, target, weight: ((prediction - target).abs() * weight).sum() / (3 * weight.sum()),
     tensor(4, 3), tensor(4, 3), {'reduction': 'weightedMean'}, weight=tensor(4, 1, low=0.1, high=2))
loss('huber', 'torch.nn.functional.huber_loss', lambda prediction, target: F.huber_loss(prediction, target, reduction='sum'), tensor(4, 3), tensor(4, 3), {'reduction': 'sum'})
loss('categoricalCrossentropy', 'torch.nn.functional.cross_entropy', lambda prediction, target, weight:
     (F.cross_entropy(prediction, target, reduction='none') * weight).sum() / weight.sum(), logits(4, 5), one_hot(4, 5), {'fromLogits': True, 'reduction': 'weightedMean'}, weight=row_weights(4))
loss('sparseCategoricalCrossentropy', 'torch.nn.functional.cross_entropy', lambda prediction, target:
     F.cross_entropy(prediction, target[:, 0].long(), weight=torch.tensor([1.0, 5, 1, 2, 1]), reduction='sum') / 4,
     logits(4, 5), torch.tensor([[1.0], [0], [3], [1]]), {'fromLogits': True, 'classWeights': {'1': 5, '3': 2}})
loss('sparseCategoricalCrossentropy', 'torch.nn.functional.nll_loss', lambda prediction, target, weight:
     -(torch.gather(prediction.log(), 2, target.long()[..., None])[..., 0] * weight).sum() / weight.sum(),
     shares(2, 3, 5), torch.tensor([[0.0, 4, 2], [1, 1, 3]]), {'reduction': 'weightedMean'}, weight=torch.tensor([[1.0, 1, 0], [1, 0, 0]]))
loss('binaryCrossentropy', 'torch.nn.functional.binary_cross_entropy_with_logits', lambda prediction, target:
     F.binary_cross_entropy_with_logits(prediction, target, pos_weight=torch.tensor(5.0)), logits(4, 3), one_hot(4, 3), {'fromLogits': True, 'classWeights': {'1': 5}})
loss('binaryCrossentropy', 'torch.nn.functional.binary_cross_entropy', lambda prediction, target:
     F.binary_cross_entropy(prediction, target, weight=0.5 + 1.5 * target.detach()), shares(4, 3), one_hot(4, 3), {'classWeights': {'0': 0.5, '1': 2}})
loss('binaryCrossentropy', 'the formula', lambda prediction, target: (-torch.log(prediction) * target - torch.log(1 - prediction) * (1 - target)).sum(),
     shares(4, 3), shares(4, 3), {'reduction': 'sum'})

# --- layers: images are [batch, height, width, channels] here, and [batch, channels, height, width] in PyTorch -------------------


def first(x):
    """Channels first."""
    return x.movedim(-1, 1)


def last(x):
    return x.movedim(1, -1)


def kernel_first(w):
    """[..., in, out] as [out, in, ...]."""
    return w.movedim(-1, 0).movedim(-1, 1)


case('conv1d', 'torch.nn.functional.conv1d', lambda x, kernel, bias: last(F.conv1d(F.pad(first(x), (4, 0)), kernel_first(kernel), bias, dilation=2)),
     {'x': tensor(2, 7, 3)}, {'filters': 4, 'kernelSize': 3, 'padding': 'causal', 'dilationRate': 2}, {'kernel': tensor(3, 3, 4), 'bias': tensor(4)})
case('conv2d', 'torch.nn.functional.conv2d', lambda x, kernel: last(F.conv2d(first(x), kernel_first(kernel), stride=(2, 1), groups=2)),
     {'x': tensor(2, 6, 5, 4)}, {'filters': 6, 'kernelSize': [3, 2], 'strides': [2, 1], 'groups': 2, 'useBias': False}, {'kernel': tensor(3, 2, 2, 6)})
case('conv3d', 'torch.nn.functional.conv3d', lambda x, kernel, bias: last(F.conv3d(first(x), kernel_first(kernel), bias)),
     {'x': tensor(2, 3, 4, 3, 2)}, {'filters': 3, 'kernelSize': [2, 3, 2]}, {'kernel': tensor(2, 3, 2, 2, 3), 'bias': tensor(3)})
case('conv3d', 'torch.nn.functional.conv3d', lambda x, kernel, bias: last(F.conv3d(F.pad(first(x), (1, 1, 0, 1, 1, 1)), kernel_first(kernel), bias, stride=2)),
     {'x': tensor(1, 3, 4, 3, 2)}, {'filters': 2, 'kernelSize': 3, 'strides': 2, 'padding': 'same'}, {'kernel': tensor(3, 3, 3, 2, 2), 'bias': tensor(2)})
case('depthwiseConv2d', 'torch.nn.functional.conv2d', lambda x, kernel: last(F.conv2d(
         first(x), kernel.permute(2, 3, 0, 1).reshape(6, 1, 2, 3), stride=2, groups=3)),
     {'x': tensor(2, 5, 6, 3)}, {'kernelSize': [2, 3], 'strides': 2, 'depthMultiplier': 2, 'useBias': False}, {'kernel': tensor(2, 3, 3, 2)})
case('conv1dTranspose', 'torch.nn.functional.conv_transpose1d', lambda x, kernel, bias: last(F.conv_transpose1d(
         first(x), kernel.permute(2, 1, 0), bias, stride=2)),
     {'x': tensor(2, 4, 3)}, {'filters': 2, 'kernelSize': 3, 'strides': 2}, {'kernel': tensor(3, 2, 3), 'bias': tensor(2)})
case('conv1dTranspose', 'torch.nn.functional.conv_transpose1d, cut', lambda x, kernel, bias: last(F.conv_transpose1d(
         first(x), kernel.permute(2, 1, 0), bias, stride=2))[:, 1:9],
     {'x': tensor(2, 4, 3)}, {'filters': 2, 'kernelSize': 4, 'strides': 2, 'padding': 'same'}, {'kernel': tensor(4, 2, 3), 'bias': tensor(2)})
case('conv2dTranspose', 'torch.nn.functional.conv_transpose2d, with zeros behind', lambda x, kernel: last(F.pad(F.conv_transpose2d(
         first(x), kernel.permute(3, 2, 0, 1), stride=3), (0, 1, 0, 1))),
     {'x': tensor(2, 2, 3, 2)}, {'filters': 3, 'kernelSize': 2, 'strides': 3, 'useBias': False}, {'kernel': tensor(2, 2, 3, 2)})
case('separableConv1d', 'torch.nn.functional.conv1d, twice', lambda x, depthwiseKernel, pointwiseKernel, bias: last(F.conv1d(F.conv1d(
         F.pad(first(x), (1, 1)), depthwiseKernel.permute(1, 2, 0).reshape(6, 1, 3), groups=3), kernel_first(pointwiseKernel), bias)),
     {'x': tensor(2, 5, 3)}, {'filters': 2, 'kernelSize': 3, 'padding': 'same', 'depthMultiplier': 2},
     {'depthwiseKernel': tensor(3, 3, 2), 'pointwiseKernel': tensor(1, 6, 2), 'bias': tensor(2)})

case('maxPooling2d', 'torch.nn.functional.max_pool2d', lambda x: last(F.max_pool2d(F.pad(first(x), (0, 1, 1, 1), value=-9e9), 3, 2)),
     {'x': -tensor(2, 5, 4, 2).abs()}, {'poolSize': 3, 'strides': 2, 'padding': 'same'})
case('averagePooling2d', 'torch.nn.functional.avg_pool2d', lambda x: last(F.avg_pool2d(first(x), 3, 1, padding=1, count_include_pad=False)),
     {'x': tensor(2, 5, 4, 2)}, {'poolSize': 3, 'strides': 1, 'padding': 'same'})
case('maxPooling3d', 'torch.nn.functional.max_pool3d', lambda x: last(F.max_pool3d(first(x), (2, 1, 2))), {'x': tensor(2, 4, 3, 5, 2)}, {'poolSize': [2, 1, 2]})
case('averagePooling3d', 'torch.nn.functional.avg_pool3d', lambda x: last(F.avg_pool3d(first(x), 2, 1)), {'x': tensor(2, 3, 3, 4, 2)}, {'strides': 1})
for name, fold in {'Max': torch.amax, 'Average': torch.mean}.items():
    for axes in (1, 2, 3):
        shape = (2, 3, 4, 2)[:axes + 1] + (3,)
        case(f'global{name}Pooling{axes}d', f'torch: {name}', lambda x: fold(x, tuple(range(1, axes + 1))), {'x': tensor(*shape)})
case('globalMaxPooling2d', 'torch.amax', lambda x: torch.amax(x, (1, 2), keepdim=True), {'x': tensor(2, 3, 4, 2)}, {'keepDims': True})

for axes, pads in ((1, [[1, 2]]), (2, [[1, 0], [2, 1]]), (3, [[1, 0], [0, 2], [1, 1]])):
    flat = [n for pair in reversed(pads) for n in pair]
    shape = (2, 5, 6, 4)[:axes + 1] + (2,)
    case(f'zeroPadding{axes}d', 'torch.nn.functional.pad', lambda x: F.pad(x, (0, 0, *flat)), {'x': tensor(*shape)}, {'padding': pads})
    case(f'cropping{axes}d', 'torch.nn.functional.pad', lambda x: F.pad(x, (0, 0, *[-n for n in flat])), {'x': tensor(*shape)}, {'cropping': pads})
    factors = (3, 2, 1)[:axes]
    case(f'upSampling{axes}d', 'torch.repeat_interleave', lambda x: [x := x.repeat_interleave(f, i + 1) for i, f in enumerate(factors)][-1],
         {'x': tensor(*shape[:1], *(2, 3, 2)[:axes], 2)}, {'size': list(factors)})
case('upSampling2d', 'torch.nn.functional.interpolate', lambda x: last(F.interpolate(first(x), scale_factor=(2, 3), mode='bilinear')),
     {'x': tensor(2, 3, 2, 2)}, {'size': [2, 3], 'interpolation': 'bilinear'})
case('resizing', 'torch.nn.functional.interpolate', lambda x: last(F.interpolate(first(x), (5, 2), mode='bilinear')),
     {'x': tensor(2, 3, 4, 2)}, {'height': 5, 'width': 2})
case('resizing', 'torch.nn.functional.interpolate', lambda x: last(F.interpolate(first(x), (2, 7), mode='nearest-exact')),
     {'x': tensor(2, 3, 4, 2)}, {'height': 2, 'width': 7, 'interpolation': 'nearest'})

case('unitNormalization', 'torch.nn.functional.normalize', lambda x: F.normalize(x, dim=-1), {'x': tensor(3, 4)})
case('unitNormalization', 'the norm of torch', lambda x: x / torch.linalg.vector_norm(x, dim=(1, 2), keepdim=True), {'x': tensor(3, 4, 2)}, {'axis': [1, 2]})
case('groupNormalization', 'torch.nn.functional.group_norm', lambda x, gamma, beta: last(F.group_norm(first(x), 3, gamma, beta, 0.01)),
     {'x': tensor(2, 4, 6)}, {'groups': 3, 'epsilon': 0.01}, {'gamma': tensor(6), 'beta': tensor(6)})


def spectral(x, kernel, bias, direction):
    """σ as the length of the kernel along the direction that it is multiplied with."""
    v = F.normalize(direction @ kernel.T)
    return x @ kernel / (v @ kernel).norm() + bias


direction = F.normalize(tensor(1, 3)).float().double()
w = tensor(4, 3)
case('spectralNormalization', 'the paper', lambda x, kernel, bias: spectral(x, kernel, bias, direction), {'x': tensor(5, 4)}, {'units': 3},
     {'kernel': w, 'bias': tensor(3)}, state={'direction': rounded(direction)},
     stateAfter={'direction': rounded(F.normalize(F.normalize(direction @ w.T) @ w))}, mode='train')

case('positionEmbedding', 'the operator', lambda x, positions: positions[:4].expand(3, 4, 2), {'x': tensor(3, 4, 2)}, {'sequenceLength': 6},
     {'positions': tensor(6, 2)}, fixed=['x'])


def rotary(x, base):
    """As products of complex numbers."""
    half = x.shape[-1] // 2
    z = torch.complex(x[..., :half], x[..., half:])
    angle = torch.arange(x.shape[1])[:, None] * base ** (-torch.arange(half) / half)
    turn = torch.polar(torch.ones_like(angle), angle).reshape(x.shape[1], *[1] * (x.dim() - 3), half)
    return torch.cat([(z * turn).real, (z * turn).imag], -1)


case('rotaryEmbedding', 'complex numbers', lambda x: rotary(x, 10000.0), {'x': tensor(2, 5, 6)})
case('rotaryEmbedding', 'complex numbers', lambda x: rotary(x, 50.0), {'x': tensor(2, 3, 2, 4)}, {'maxWavelength': 50})
padded = tensor(2, 4, 3)
padded[0, 2:] = 0
padded[1, 3:] = 0
case('masking', 'the identity', lambda x: x * (padded != 0).any(-1, keepdim=True), {'x': padded})
case('rescaling', 'the operator', lambda x: x / 4 - 1, {'x': tensor(2, 3)}, {'scale': 0.25, 'offset': -1})
numbers = torch.tensor([[0.0, 2, 2], [1, 1, 1]])
needs = torch.zeros(1, requires_grad=True)
hot = F.one_hot(numbers.long(), 4).double()
case('categoryEncoding', 'torch.nn.functional.one_hot', lambda x: hot + needs, {'x': numbers}, {'numTokens': 4, 'outputMode': 'oneHot'}, fixed=['x'])
case('categoryEncoding', 'torch.nn.functional.one_hot', lambda x: hot.amax(1) + needs, {'x': numbers}, {'numTokens': 4}, fixed=['x'])
case('categoryEncoding', 'torch.nn.functional.one_hot', lambda x: hot.sum(1) + needs, {'x': numbers}, {'numTokens': 4, 'outputMode': 'count'}, fixed=['x'])

# Recurrent layers: PyTorch's gates are in another order, its kernels are transposed, and its lstm and gru have two biases.


def torch_rnn(f, x, parameters, gates, reverse=False):
    """What a recurrent layer of PyTorch gives with these parameters, [batch, time, units]."""
    units = parameters['recurrentKernel'].shape[0]

    def arranged(w):
        return torch.cat([w.chunk(len(gates), -1)[i] for i in gates], -1)

    bias = parameters['bias']
    first_bias, second_bias = (bias[0], bias[1]) if bias.dim() == 2 else (bias, torch.zeros_like(bias))
    own = [arranged(parameters['kernel']).T, arranged(parameters['recurrentKernel']).T, arranged(first_bias), arranged(second_bias)]
    h = torch.zeros(1, x.shape[0], units)
    state = (h, h) if f is torch.lstm else h
    return f(x.flip(1) if reverse else x, state, own, True, 1, 0.0, True, False, True)[0]


def recurrent(name, of_torch, gates, config, last_only, reverse):
    units, width = config['units'], len(gates) * config['units']
    bias = tensor(2, width) if name == 'gru' else tensor(width)
    def f(x, **parameters):
        y = torch_rnn(of_torch, x, parameters, gates, reverse)
        return y[:, -1] if last_only else y
    case(name, f'torch.{of_torch.__name__}', f, {'x': tensor(3, 5, 4)}, config, {'kernel': tensor(4, width), 'recurrentKernel': tensor(units, width), 'bias': bias})


for name, of_torch, gates in (('simpleRnn', torch.rnn_tanh, [0]), ('lstm', torch.lstm, [0, 1, 2, 3]), ('gru', torch.gru, [1, 0, 2])):
    recurrent(name, of_torch, gates, {'units': 3, 'returnSequences': True, 'goBackwards': True}, False, True)
    recurrent(name, of_torch, gates, {'units': 2, 'goBackwards': True}, True, True)

MASK = torch.tensor([[1.0, 1, 0, 1], [0, 1, 1, 0]])


def masked_rnn(x, mask, initialState, kernel, recurrentKernel, bias):
    """Row by row, over the places that count."""
    rows = []
    for row, keep, h in zip(x, mask, initialState):
        out = []
        for v, m in zip(row, keep):
            h = torch.tanh(v @ kernel + h @ recurrentKernel + bias) if m > 0 else h
            out.append(h)
        rows.append(torch.stack(out))
    return torch.stack(rows)


def masked_lstm(x, mask, initialState, initialMemory, kernel, recurrentKernel, bias):
    rows = []
    for row, keep, h, c in zip(x, mask, initialState, initialMemory):
        for v, m in zip(row, keep):
            if m > 0:
                i, f, g, o = (v @ kernel + h @ recurrentKernel + bias).chunk(4)
                c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
                h = torch.sigmoid(o) * torch.tanh(c)
        rows.append(h)
    return torch.stack(rows)


def masked_gru(x, mask, initialState, kernel, recurrentKernel, bias):
    rows = []
    for row, keep, h in zip(x, mask, initialState):
        for v, m in zip(row, keep):
            if m > 0:
                (xz, xr, xg), (hz, hr, hg) = (v @ kernel + bias[0]).chunk(3), (h @ recurrentKernel + bias[1]).chunk(3)
                z = torch.sigmoid(xz + hz)
                h = z * h + (1 - z) * torch.tanh(xg + torch.sigmoid(xr + hr) * hg)
        rows.append(h)
    return torch.stack(rows)


case('simpleRnn', 'row by row', masked_rnn, {'x': tensor(2, 4, 3), 'mask': MASK.clone(), 'initialState': tensor(2, 2)}, {'units': 2, 'returnSequences': True},
     {'kernel': tensor(3, 2), 'recurrentKernel': tensor(2, 2), 'bias': tensor(2)}, fixed=['mask'])
case('lstm', 'row by row', masked_lstm, {'x': tensor(2, 4, 3), 'mask': MASK.clone(), 'initialState': tensor(2, 2), 'initialMemory': tensor(2, 2)}, {'units': 2},
     {'kernel': tensor(3, 8), 'recurrentKernel': tensor(2, 8), 'bias': tensor(8)}, fixed=['mask'])
case('gru', 'row by row', masked_gru, {'x': tensor(2, 4, 3), 'mask': MASK.clone(), 'initialState': tensor(2, 2)}, {'units': 2},
     {'kernel': tensor(3, 6), 'recurrentKernel': tensor(2, 6), 'bias': tensor(2, 6)}, fixed=['mask'])

# Attention, query by query.


def attend(score, query, value, key, mask=None, causal=False):
    """score(q, keys) for one query and all keys of its sample."""
    out = []
    for b in range(query.shape[0]):
        rows = []
        for i, q in enumerate(query[b]):
            seen = [j for j in range(value.shape[1]) if (mask is None or mask[b, j] > 0) and not (causal and j > i)]
            rows.append(score(q, key[b, seen]).softmax(0) @ value[b, seen])
        out.append(torch.stack(rows))
    return torch.stack(out)


case('attention', 'query by query', lambda query, value: attend(lambda q, keys: keys @ q, query, value, value), {'query': tensor(2, 3, 4), 'value': tensor(2, 5, 4)})
case('attention', 'query by query', lambda query, value, key, mask, scale: attend(lambda q, keys: scale * (keys @ q), query, value, key, mask, True),
     {'query': tensor(2, 4, 3), 'value': tensor(2, 4, 2), 'key': tensor(2, 4, 3), 'mask': torch.tensor([[1.0, 0, 1, 1], [1, 1, 0, 0]])},
     {'useScale': True, 'useCausalMask': True}, {'scale': tensor()}, fixed=['mask'])
case('additiveAttention', 'query by query', lambda query, value, scale: attend(lambda q, keys: torch.tanh(keys + q) @ scale, query, value, value),
     {'query': tensor(2, 3, 4), 'value': tensor(2, 5, 4)}, {}, {'scale': tensor(4)})
case('additiveAttention', 'query by query', lambda query, value, key, mask: attend(lambda q, keys: torch.tanh(keys + q).sum(-1), query, value, key, mask, True),
     {'query': tensor(2, 4, 3), 'value': tensor(2, 4, 2), 'key': tensor(2, 4, 3), 'mask': torch.tensor([[1.0, 0, 1, 1], [1, 1, 0, 0]])},
     {'useScale': False, 'useCausalMask': True}, {}, fixed=['mask'])


def grouped(query, value, mask, queryKernel, keyKernel, valueKernel, outputKernel):
    """Head by head, with two heads of queries for each of keys."""
    y = 0
    for h in range(4):
        head = attend(lambda q, keys: keys @ q / 3 ** 0.5, query @ queryKernel[:, h], value @ valueKernel[:, h // 2], value @ keyKernel[:, h // 2], mask)
        y = y + head @ outputKernel[h]
    return y


case('multiHeadAttention', 'head by head', grouped, {'query': tensor(2, 3, 4), 'value': tensor(2, 4, 5), 'mask': torch.tensor([[1.0, 0, 1, 1], [1, 1, 0, 0]])},
     {'numHeads': 4, 'keyDim': 3, 'valueDim': 2, 'numKeyValueHeads': 2, 'outputDim': 6, 'useBias': False},
     {'queryKernel': tensor(4, 4, 3), 'keyKernel': tensor(5, 2, 3), 'valueKernel': tensor(5, 2, 2), 'outputKernel': tensor(4, 2, 6)}, fixed=['mask'])

# --- what came last ---------------------------------------------------------------------------------------------------------

case('reverse', 'torch.flip', lambda x: x.flip(1), {'x': tensor(2, 3, 2)})
case('split', 'torch.chunk', lambda x: x.chunk(3, -1)[1], {'x': tensor(2, 6)}, {'parts': 3, 'part': 1})
case('einsumDense', 'torch.einsum', lambda x, kernel, bias: torch.einsum('bti,ihd->bthd', x, kernel) + bias, {'x': tensor(2, 3, 4)},
     {'equation': 'bti,ihd->bthd', 'outputShape': [None, 2, 3], 'biasAxes': 'hd'}, {'kernel': tensor(4, 2, 3), 'bias': tensor(2, 3)})
case('einsumDense', 'torch.einsum', lambda x, kernel, bias: torch.einsum('bhi,hio->boh', x, kernel) + bias, {'x': tensor(2, 3, 4)},
     {'equation': 'bhi,hio->boh', 'outputShape': [2, None], 'biasAxes': 'o'}, {'kernel': tensor(3, 4, 2), 'bias': tensor(2, 1)})
case('activityRegularization', 'the formula', lambda x: (0.3 * x.abs() + 0.2 * x * x).sum() / 4, {'x': tensor(4, 3)}, {'l1': 0.3, 'l2': 0.2})
spoken = torch.tensor([[1.0, 2, 2], [3, 1, 0], [2, 0, 0]])
case('ctc', 'torch.nn.functional.ctc_loss', lambda prediction, target: F.ctc_loss(
         prediction.log_softmax(-1).transpose(0, 1), target.long(), torch.tensor([7, 7, 7]), torch.tensor([3, 2, 1]), reduction='sum') / 3,
     {'prediction': tensor(3, 7, 4), 'target': spoken}, fixed=['target'])
case('ctc', 'torch.nn.functional.ctc_loss', lambda prediction, target, lengths: F.ctc_loss(
         prediction.log_softmax(-1).transpose(0, 1), target.long(), lengths[:, 0].long(), torch.tensor([3, 2, 1]), reduction='sum') / 3,
     {'prediction': tensor(3, 7, 4), 'target': spoken.clone(), 'lengths': torch.tensor([[6.0], [4], [7]])}, fixed=['target', 'lengths'])


def conv_lstm(x, kernel, recurrentKernel, bias):
    """Image by image, with the convolution of PyTorch."""
    h = c = torch.zeros(x.shape[0], 2, 3, 3)
    out = []
    for t in range(x.shape[1]):
        z = F.conv2d(first(x[:, t]), kernel_first(kernel), bias) + F.conv2d(F.pad(h, (0, 1, 0, 1)), kernel_first(recurrentKernel))
        i, f, g, o = z.chunk(4, 1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        out.append(last(h))
    return torch.stack(out, 1)


case('convLstm2d', 'torch.nn.functional.conv2d', conv_lstm, {'x': tensor(2, 3, 4, 4, 1)}, {'filters': 2, 'kernelSize': 2, 'returnSequences': True},
     {'kernel': tensor(2, 2, 1, 8), 'recurrentKernel': tensor(2, 2, 2, 8), 'bias': tensor(8)})

# --- optimizers -------------------------------------------------------------------------------------------------------------


def optimizer(node, origin, update, config, shape=(3, 2), steps=6):
    """update(value, gradient, slots, t) gives the next value; what it remembers it keeps in slots."""
    value, slots, trajectory = tensor(*shape), {}, []
    gradients = [tensor(*shape) for _ in range(steps)]
    initial = value
    for t, g in enumerate(gradients, 1):
        value = update(value, g, slots, t)
        trajectory.append(rounded(value))
    cases.append({'node': node, 'config': config, 'initial': rounded(initial), 'gradients': [rounded(g) for g in gradients],
                  'trajectory': trajectory, 'tolerance': 2e-5, 'origin': origin})


def lamb(w, g, s, t):
    s['m'], s['v'] = 0.9 * s.get('m', 0) + 0.1 * g, 0.999 * s.get('v', 0) + 0.001 * g * g
    r = (s['m'] / (1 - 0.9 ** t)) / ((s['v'] / (1 - 0.999 ** t)) ** 0.5 + 1e-6) + 0.01 * w
    return w - 0.1 * w.norm() / r.norm() * r


def adafactor(w, g, s, t):
    share, eps = t ** -0.8, 2.0 ** -23
    if w.dim() > 1:
        s['r'] = torch.lerp(s.get('r', torch.zeros(w.shape[0], 1)), (g * g).mean(1, keepdim=True), share)
        s['c'] = torch.lerp(s.get('c', torch.zeros(1, w.shape[1])), (g * g).mean(0, keepdim=True), share)
        v = s['r'] @ s['c'] / s['r'].mean().clamp(min=eps)
    else:
        v = s['v'] = torch.lerp(s.get('v', torch.zeros_like(w)), g * g, share)
    u = g / v.clamp(min=eps * eps).sqrt()
    u = u / max(1.0, float(u.norm() / u.numel() ** 0.5))
    return w * (1 - 0.05 * 0.1) - max(1e-3, float(w.norm() / w.numel() ** 0.5)) * min(0.05, t ** -0.5) * u


def ftrl(w, g, s, t):
    """Entry by entry, in plain numbers."""
    n, z = s.get('n', torch.full_like(w, 0.1)), s.get('z', torch.zeros_like(w))
    out = w.clone()
    for i in range(w.numel()):
        ni, zi, gi, wi = (x.reshape(-1)[i].item() for x in (n, z, g, w))
        new = ni + gi * gi
        zi += gi - (new ** 0.5 - ni ** 0.5) / 0.1 * wi
        n.reshape(-1)[i], z.reshape(-1)[i] = new, zi
        sign = 1 if zi > 0 else -1
        out.reshape(-1)[i] = 0 if abs(zi) <= 0.3 else -(zi - sign * 0.3) / ((0.5 + new ** 0.5) / 0.1 + 2 * 0.2)
    s['n'], s['z'] = n, z
    return out


def muon(w, g, s, t):
    """The Newton-Schulz steps as a polynomial of the singular values."""
    s['m'] = torch.lerp(s.get('m', torch.zeros_like(w)), g, 0.05)
    u, sigma, vh = torch.linalg.svd(torch.lerp(g, s['m'], 0.95).reshape(-1, w.shape[-1]), full_matrices=False)
    sigma = sigma / sigma.norm()
    for _ in range(5):
        sigma = 3.4445 * sigma - 4.775 * sigma ** 3 + 2.0315 * sigma ** 5
    step = (u @ torch.diag(sigma) @ vh).reshape(w.shape)
    rows = w.numel() / w.shape[-1]
    return w * (1 - 0.1 * 0.05) - 0.1 * max(1.0, rows / w.shape[-1]) ** 0.5 * step


def muon_bias(w, g, s, t):
    s['m'], s['v'] = 0.9 * s.get('m', 0) + 0.1 * g, 0.95 * s.get('v', 0) + 0.05 * g * g
    step = (s['m'] / (1 - 0.9 ** t)) / ((s['v'] / (1 - 0.95 ** t)) ** 0.5 + 1e-8)
    return w - 0.02 * (step + 0.05 * w)


def by_torch(node, cls, config, options, steps=6):
    """A trajectory by an optimizer of PyTorch."""
    w = torch.nn.Parameter(tensor(3, 2))
    known = cls([w], **options)

    def update(value, g, slots, t):
        w.data, w.grad = value.clone(), g
        known.step()
        return w.data.clone()

    optimizer(node, f'torch.optim.{cls.__name__}', update, config, steps=steps)


# Divisors with an epsilon that counts.
by_torch('adagrad', torch.optim.Adagrad, {'learningRate': 0.1, 'epsilon': 0.2}, {'lr': 0.1, 'eps': 0.2})
by_torch('adadelta', torch.optim.Adadelta, {'learningRate': 0.5, 'rho': 0.8, 'epsilon': 0.2}, {'lr': 0.5, 'rho': 0.8, 'eps': 0.2})
by_torch('adamax', torch.optim.Adamax, {'learningRate': 0.1, 'epsilon': 0.2}, {'lr': 0.1, 'eps': 0.2})
by_torch('radam', torch.optim.RAdam, {'learningRate': 0.1, 'epsilon': 0.2}, {'lr': 0.1, 'eps': 0.2}, steps=9)
by_torch('rmsProp', torch.optim.RMSprop, {'learningRate': 0.1, 'rho': 0.8, 'epsilon': 0.2}, {'lr': 0.1, 'alpha': 0.8, 'eps': 0.2})
by_torch('adamW', torch.optim.AdamW, {'learningRate': 0.1, 'epsilon': 0.2, 'weightDecay': 0.1}, {'lr': 0.1, 'eps': 0.2, 'weight_decay': 0.1})

optimizer('lamb', 'the paper', lamb, {'learningRate': 0.1, 'weightDecay': 0.01})
optimizer('adafactor', 'the paper and torch.optim.Adafactor', adafactor, {'learningRate': 0.05, 'weightDecay': 0.1})
optimizer('adafactor', 'the paper and torch.optim.Adafactor', adafactor, {'learningRate': 0.05, 'weightDecay': 0.1}, (5,))
optimizer('ftrl', 'the paper and Keras', ftrl, {'learningRate': 0.1, 'l1': 0.3, 'l2': 0.2, 'beta': 0.5})
for shape in [(3, 5), (6, 2), (2, 2, 3)]:
    optimizer('muon', 'the singular values, with the coefficients of the authors', muon, {'learningRate': 0.1, 'weightDecay': 0.05}, shape)
optimizer('muon', 'adamW', muon_bias, {'weightDecay': 0.05, 'adamRate': 0.02}, (4,))

# --- steps as samples -------------------------------------------------------------------------------------------------

case('foldTime', 'torch.flatten', lambda x: x.flatten(0, 1), {'x': tensor(2, 3, 4)})
case('unfoldTime', 'torch.unflatten', lambda x, like: x.unflatten(0, like.shape[:2]), {'x': tensor(6, 2), 'like': tensor(2, 3, 4)}, fixed=('like',))
mean, variance = tensor(4), tensor(4, low=0.5, high=3)
for invert in (False, True):
    case('normalization', 'the formula', lambda x: x * torch.sqrt(variance) + mean if invert else (x - mean) / torch.sqrt(variance),
         {'x': tensor(3, 2, 4)}, {'mean': mean.tolist(), 'variance': variance.tolist(), 'invert': invert})

# ----------------------------------------------------------------------------------------------------------------------

path = pathlib.Path(__file__).with_name('more.json')
path.write_text('[\n' + ',\n'.join(json.dumps(each) for each in cases) + '\n]\n')
