"""
Cross-checks saved tensors with PyTorch and with Hugging Face's safetensors, both ways.

- huggingface.safetensors: tensors of every type by their library, and their values in huggingface.json.
- ours-tensors.json: the tensors of ours-tensors.safetensors, as their library reads them.
- pytorch-*.safetensors: the state dicts of networks as PyTorch names and lays them out, with rows and what PyTorch predicts from them.
- ours-*-by-pytorch.safetensors: what PyTorch predicts with the parameters of ours-*.safetensors, which it lays out by the rules below,
  written for this check alone.

Needs torch and safetensors. Run: npx tsx test/golden/saved/networks.ts && python3 test/golden/saved/pytorch.py
"""
import json
import math
import pathlib
from collections import OrderedDict
import torch
from torch import nn
from safetensors import safe_open
from safetensors.torch import load_file, save_file

folder = pathlib.Path(__file__).parent
torch.manual_seed(15)


class Sequence(nn.Module):
    """A recurrent layer that gives its sequence alone."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x):
        return self.layer(x)[0]


class Words(nn.Embedding):
    def forward(self, x):
        return super().forward(x.long())


def sequential(**layers):
    return nn.Sequential(OrderedDict(layers))


def networks():
    return {
        'dense': sequential(
            fc1=nn.Linear(30, 64), bn=nn.BatchNorm1d(64), a=nn.ReLU(), fc2=nn.Linear(64, 17, bias=False),
            ln=nn.LayerNorm(17), b=nn.Tanh(), fc3=nn.Linear(17, 3), c=nn.Softmax(-1)),
        'convolutional': sequential(
            conv1=nn.Conv2d(3, 8, (3, 2)), bn=nn.BatchNorm2d(8), a=nn.ReLU(), b=nn.MaxPool2d(2),
            conv2=nn.Conv2d(8, 6, 2, groups=2), conv3=nn.Conv2d(6, 12, 2, groups=6), c=nn.Flatten(), d=nn.ReLU(),
            bn2=nn.BatchNorm1d(72), fc=nn.Linear(72, 5), e=nn.Softmax(-1)),
        'recurrent': sequential(
            embedding=Words(11, 6), lstm=Sequence(nn.LSTM(6, 9, batch_first=True)),
            gru=Sequence(nn.GRU(9, 8, batch_first=True)), rnn=Sequence(nn.RNN(8, 5, batch_first=True)),
            a=nn.Flatten(), fc=nn.Linear(35, 2)),
        'signal': sequential(
            conv=nn.Conv1d(2, 7, 3, stride=2), a=nn.Tanh(), up=nn.ConvTranspose1d(7, 4, 3, stride=2), b=nn.Tanh(),
            conv2=nn.Conv1d(4, 5, 1), c=nn.Flatten(), fc=nn.Linear(95, 4)),
        'pooled': sequential(conv=nn.Conv1d(2, 7, 3), a=nn.AdaptiveAvgPool1d(1), b=nn.Flatten(), fc=nn.Linear(7, 4)),
    }


def predict(network, x):
    """In float64; our rows have the channels last, and theirs first."""
    network = network.double().eval()
    x = x.double()
    if x.dim() > 2:
        x = x.movedim(-1, 1)
    with torch.no_grad():
        return network(x)


# What is flattened before a layer: how many places, and how many channels.
FLATTENED = {'convolutional': {'bn2': (6, 12), 'fc': (6, 12)}, 'signal': {'fc': (19, 5)}}


def channels_first(x, before):
    if before is None:
        return x
    places, channels = before
    return x.reshape(places, channels, *x.shape[1:]).transpose(0, 1).reshape(x.shape)


def taken(given, network, flattened):
    """The parameters of one of our files as a state dict of the network."""
    state = {}
    for name, layer in network.named_children():
        before = flattened.get(name)

        def own(key):
            return given[f'{name}.{key}']

        if isinstance(layer, nn.Linear):
            state[f'{name}.weight'] = channels_first(own('kernel'), before).t()
        elif isinstance(layer, (nn.BatchNorm1d, nn.BatchNorm2d, nn.LayerNorm)):
            names = {'weight': 'gamma', 'bias': 'beta', 'running_mean': 'movingMean', 'running_var': 'movingVariance'}
            for theirs, ours in names.items():
                if f'{name}.{ours}' in given:
                    state[f'{name}.{theirs}'] = channels_first(own(ours), before)
            continue
        elif isinstance(layer, nn.Conv2d) and layer.groups == layer.in_channels:
            height, width, channels, multiplier = own('kernel').shape
            state[f'{name}.weight'] = torch.stack([
                own('kernel')[:, :, c, m] for c in range(channels) for m in range(multiplier)]).unsqueeze(1)
        elif isinstance(layer, nn.Conv2d):
            state[f'{name}.weight'] = torch.einsum('hwio->oihw', own('kernel'))
        elif isinstance(layer, nn.Conv1d):
            state[f'{name}.weight'] = torch.einsum('tio->oit', own('kernel'))
        elif isinstance(layer, nn.ConvTranspose1d):
            state[f'{name}.weight'] = torch.einsum('toi->iot', own('kernel'))
        elif isinstance(layer, nn.Embedding):
            state[f'{name}.weight'] = own('embeddings')
            continue
        elif isinstance(layer, Sequence):
            inner, units = layer.layer, layer.layer.hidden_size
            is_gru = isinstance(inner, nn.GRU)

            def gates(x):
                """Theirs are r, z, h."""
                if not is_gru:
                    return x
                z, r, h = x.split(units, -1)
                return torch.cat([r, z, h], -1)

            first, second = own('bias') if is_gru else (own('bias'), torch.zeros_like(own('bias')))
            state[f'{name}.layer.weight_ih_l0'] = gates(own('kernel')).t()
            state[f'{name}.layer.weight_hh_l0'] = gates(own('recurrentKernel')).t()
            state[f'{name}.layer.bias_ih_l0'] = gates(first)
            state[f'{name}.layer.bias_hh_l0'] = gates(second)
            continue
        else:
            continue
        if f'{name}.bias' in given:
            state[f'{name}.bias'] = own('bias')
    for key, value in network.state_dict().items():
        if key.endswith('num_batches_tracked'):
            state[key] = value
    return {key: value.contiguous() for key, value in state.items()}


for name, network in networks().items():
    # Nothing is left at 0 or 1, where a mistake would not show.
    state = network.state_dict()
    for key, value in state.items():
        if value.is_floating_point():
            is_variance = key.endswith('running_var')
            state[key] = 0.5 + torch.rand_like(value) if is_variance else value + 0.1 * torch.randn_like(value)
    network.load_state_dict(state)
    ours = load_file(folder / f'ours-{name}.safetensors')
    x = ours['input']
    state = {key.replace('.layer.', '.'): value for key, value in state.items()}
    output = predict(network, x).contiguous()
    save_file({**state, 'input': x, 'output': output}, folder / f'pytorch-{name}.safetensors')
    other = networks()[name]
    other.load_state_dict(taken(ours, other, FLATTENED.get(name, {})))
    save_file({'output': predict(other, x).contiguous()}, folder / f'ours-{name}-by-pytorch.safetensors')

# Every type of number.
values = [0.0, -1.5, 1024.0, 2.0 ** -14]
floats = {name: torch.tensor(values, dtype=dtype) for name, dtype in {
    'F64': torch.float64, 'F32': torch.float32, 'F16': torch.float16, 'BF16': torch.bfloat16}.items()}
whole = {name: torch.tensor([0, 1, 100], dtype=dtype) for name, dtype in {
    'I64': torch.int64, 'I32': torch.int32, 'I16': torch.int16, 'I8': torch.int8, 'U8': torch.uint8}.items()}
more = {
    'BOOL': torch.tensor([[True, False], [False, True]]),
    'scalar': torch.tensor(7.0),
    'nothing': torch.zeros(3, 0, 2),
    'F16 subnormal': torch.tensor([2.0 ** -24, -65504.0], dtype=torch.float16),
    'a "name" \\ ünïcode 💧': torch.arange(6, dtype=torch.float32).reshape(2, 3),
}
given = {**floats, **whole, **more}
save_file(given, folder / 'huggingface.safetensors', metadata={'written by': 'Hugging Face', 'ünïcode': '💧'})


def number(value):
    value = float(value)
    return value if math.isfinite(value) else 'NaN' if math.isnan(value) else 'Infinity' if value > 0 else '-Infinity'


def write_json(name, tensors, metadata):
    described = {
        key: {'shape': list(x.shape), 'data': [number(value) for value in x.reshape(-1).tolist()]}
        for key, x in sorted(tensors.items())}
    content = {'metadata': dict(sorted(metadata.items())), 'tensors': described}
    (folder / name).write_text(json.dumps(content, ensure_ascii=False, indent=1) + '\n')


write_json('huggingface.json', given, {'written by': 'Hugging Face', 'ünïcode': '💧'})
with safe_open(folder / 'ours-tensors.safetensors', 'pt') as file:
    write_json('ours-tensors.json', {name: file.get_tensor(name) for name in file.keys()}, file.metadata())
