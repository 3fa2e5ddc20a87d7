"""The meta-step in PyTorch: write, read, loss, meta-gradient and AdamW.

Usage: python torch_peer.py PROBLEM.safetensors FORM OUT.safetensors, with FORM one of

func      torch.func: functions of one episode, their gradients taken by grad, the episodes put together by vmap
autograd  torch.autograd.grad with create_graph=True, on all episodes at once: written weights have a first axis of episodes
loop      the same for one episode after another, adding up the gradients
compiled  torch.compile of the gradient of one episode, as torch.func takes it, one episode after another

The energies serve all of them: x is [..., patterns, ...pattern], and a written parameter has the axes before `patterns` too.
See contest.serve for what it reads and writes.
"""

import os
import sys

# Compilation is to be measured, not remembered from the last time.
os.environ["TORCHINDUCTOR_FORCE_DISABLE_CACHES"] = "1"

import torch
import torch.nn.functional as F
from contest import Problem, serve
from torch import sigmoid, tanh


# Energies: parameters and patterns [..., patterns, ...pattern] to [..., patterns].


def dense(x, w, b):
    """b [out] or, written, [episodes, out]."""
    return x @ w + b.unsqueeze(-2)


def mlp(p, x):
    h = tanh(dense(x, p["W1"], p["b1"]))
    h = tanh(dense(h, p["W2"], p["b2"]))
    return (h @ p["W3"]).squeeze(-1)


def site(p, x):
    """E(x) = sum_i f(x_i, h_i), h = (W + W^T) x / 2; all units are the columns of one matrix [features, units]."""
    h = x @ (0.5 * (p["W"] + p["W"].mT))
    rows = torch.stack([x * h, h * h, x * x]).flatten(1)
    z = tanh(p["site.w1"] @ rows + p["site.b1"])
    z = tanh(p["site.w2"] @ z + p["site.b2"])
    f = p["site.linear"] @ rows + p["site.w3"] @ z
    return f.reshape(x.shape).sum(-1)


def gated(p, x, hops):
    recalled = tanh(dense(x, p["memory.w"], p["memory.b"]))
    seen = dense(x, p["static.x"], p["static.b"])
    gating = dense(x, p["gate.x"], p["gate.b"])
    s = sigmoid(gating) * torch.cat([recalled, tanh(seen)], -1)
    for _ in range(1, hops):
        candidate = torch.cat([recalled, tanh(seen + s @ p["static.s"])], -1)
        s = s + sigmoid(gating + s @ p["gate.s"]) * (candidate - s)
    return (s @ p["energy.w"]).squeeze(-1)


def padding(size, stride):
    """What a 3x3 "same" convolution adds before and after."""
    total = (-(-size // stride) - 1) * stride + 3 - size
    return total // 2, total - total // 2


def convolve(p, name, x, stride=1):
    """x [..., n, height, width, channels]; a 1x1 convolution is a product over channels."""
    w, b = p[f"{name}.w"], p[f"{name}.b"]
    if w.shape[-4:-2] == (1, 1):
        return x @ w[0, 0] + b
    *batch, height, width, channels = x.shape
    images = x.reshape(-1, height, width, channels).movedim(-1, 1)
    across, down = padding(width, stride), padding(height, stride)
    if w.dim() == 5:
        # Every episode has filters of its own: windows times a batch of matrices.
        windows = F.pad(images, across + down).unfold(2, 3, stride).unfold(3, 3, stride)
        rows, columns = windows.shape[2:4]
        windows = windows.permute(0, 2, 3, 4, 5, 1).reshape(batch[0], -1, 9 * channels)
        out = (windows @ w.flatten(1, 3)).unflatten(1, (-1, rows, columns))
        return out + b[:, None, None, None]
    kernel = w.permute(3, 2, 0, 1)
    if stride == 1:
        out = F.conv2d(images, kernel, b, padding=1)
    else:
        out = F.conv2d(F.pad(images, across + down), kernel, b, stride)
    return out.movedim(1, -1).reshape(*batch, *out.shape[2:], out.shape[1])


def norm(p, name, x):
    centred = x - x.mean(-1, keepdim=True)
    variance = (centred * centred).mean(-1, keepdim=True)
    return centred * torch.rsqrt(variance + 1e-5) * p[f"{name}.scale"] + p[f"{name}.shift"]


def halve(x):
    *batch, height, width, channels = x.shape
    return x.reshape(*batch, height // 2, 2, width // 2, 2, channels).mean((-4, -2))


def res_block(p, name, x):
    first = tanh(norm(p, f"{name}.norm1", convolve(p, f"{name}.first", x, 2)))
    both = convolve(p, f"{name}.second", first) + convolve(p, f"{name}.skip", halve(x))
    return tanh(norm(p, f"{name}.norm2", both))


def bottleneck(p, name, x, stride):
    narrow = tanh(norm(p, f"{name}.norm1", convolve(p, f"{name}.narrow", x)))
    parts = [convolve(p, f"{name}.{part}", narrow, stride) for part in ("static", "memory")]
    skip = convolve(p, f"{name}.skip", halve(x) if stride == 2 else x)
    return tanh(norm(p, f"{name}.norm2", torch.cat(parts, -1) + skip))


def conv(p, x, hops):
    s = res_block(p, "block2", res_block(p, "block1", x))
    s = bottleneck(p, "neck2", bottleneck(p, "neck1", s, 1), 2)
    for _ in range(hops):
        candidate = tanh(norm(p, "candidate", convolve(p, "candidate", s)))
        s = s + sigmoid(norm(p, "gate", convolve(p, "gate", s))) * (candidate - s)
    last = tanh(s.flatten(-3) @ p["hidden.w"] + p["hidden.b"])
    return (last @ p["energy.w"]).squeeze(-1)


ENERGIES = {"mlp": mlp, "site": site, "gated": gated, "conv": conv}


# How derivatives are taken: grads(f, arguments) is (value, gradients, auxiliary) of a function that returns a scalar and
# something auxiliary; both may be differentiated again.


def grads_by_func(f, arguments):
    gradients, (value, auxiliary) = torch.func.grad_and_value(f, has_aux=True)(arguments)
    return value, gradients, auxiliary


def grads_by_autograd(f, arguments):
    # Views, so that what an outer level computed from the same tensors is not differentiated again.
    leaves = {k: v.view_as(v) if v.requires_grad else v.detach().requires_grad_() for k, v in arguments.items()}
    value, auxiliary = f(leaves)
    gradients = torch.autograd.grad(value, list(leaves.values()), create_graph=True)
    return value, dict(zip(leaves, gradients)), auxiliary


# Storing and recalling.


def energy_slopes(grads, energy, p, arguments):
    """Sum of the energies of all patterns, and its slopes in `arguments`: x and, it may be, parameters."""
    value, slopes, _ = grads(lambda a: (energy({**p, **a}, a["x"]).sum(), {}), arguments)
    return value, slopes


def slopes_by_loss(grads, energy, told, p, initial, w, x, t):
    """One rate for each step; the terms of the writing loss have the weights alpha and beta."""
    alpha, beta = F.softplus(p["rule.weights"])

    def loss(w):
        value, slopes = energy_slopes(grads, energy, {**p, **w}, {"x": x})
        return (value + alpha * slopes["x"].square().sum()) / told["write"]["divisor"], {}

    _, gradient, _ = grads(loss, w)
    rate = F.softplus(p["rule.write"][t])
    return {k: rate * (gradient[k] + 2 * beta * (w[k] - initial[k])) for k in w}


def slopes_by_terms(grads, energy, told, p, initial, w, x, t):
    """A rate for each step, tensor and term. One backward pass gives the slopes in x and in w."""
    divisor = told["write"]["divisor"]

    def steepness(w):
        _, slopes = energy_slopes(grads, energy, p, {"x": x, **w})
        return slopes.pop("x").square().sum() / divisor, slopes

    _, steep, in_w = grads(steepness, w)
    rates = F.softplus(p["rule.write"][t])
    return {
        k: rates[i, 0] / divisor * in_w[k] + rates[i, 1] * steep[k] + 2 * rates[i, 2] * (w[k] - initial[k])
        for i, k in enumerate(told["writable"])
    }


SLOPES = {"loss": slopes_by_loss, "terms": slopes_by_terms}


def write(grads, energy, told, p, initial, x):
    """`initial`: the writable parameters, once for each episode where x has episodes."""
    w = initial
    for t in range(told["write"]["steps"]):
        change = SLOPES[told["write"]["rates"]](grads, energy, told, p, initial, w, x, t)
        w = {k: w[k] - change[k] for k in w}
    return {**p, **w}


def read(grads, energy, told, p, x, known):
    low, high = told["range"]
    rate, momentum = F.softplus(p["rule.read"][0]), sigmoid(p["rule.momentum"][0])
    v, iterates = None, []
    for k in range(told["read"]["steps"]):
        if k:
            rate, momentum = rate * sigmoid(p["rule.read"][k]), momentum * sigmoid(p["rule.momentum"][k])
        ahead = x if v is None else (x + momentum * v).clamp(low, high)
        _, slopes = energy_slopes(grads, energy, p, {"x": ahead})
        descent = rate * slopes["x"]
        if known is not None:
            descent = descent * (1 - known)
        v = -descent if v is None else momentum * v - descent
        x = (x + v).clamp(low, high)
        iterates.append(x)
    return iterates


def recall_loss(grads, told, p, initial, batch):
    def energy(p, x):
        return ENERGIES[told["energy"]](p, x, **told["options"])

    x = batch["patterns"]
    iterates = read(grads, energy, told, write(grads, energy, told, p, initial, x), batch["queries"], batch.get("known"))
    return sum((y - x).square().mean() for y in iterates)


# Forms: the loss of a batch of episodes, averaged over them, and its gradient.


def by_func(told, p, batch):
    def loss(p):
        def each(episode):
            return recall_loss(grads_by_func, told, p, {k: p[k] for k in told["writable"]}, episode)

        return torch.func.vmap(each)(batch).mean()

    gradient, value = torch.func.grad_and_value(loss)(p)
    return value, gradient


def by_autograd(told, p, batch):
    """All episodes at once; `batch` may be a single one, without the axis of episodes."""
    p = {k: v.detach().requires_grad_() for k, v in p.items()}
    initial = {k: p[k] for k in told["writable"]}
    if batch["patterns"].dim() > len(told["pattern"]) + 1:
        initial = {k: v.expand(batch["patterns"].shape[0], *v.shape) for k, v in initial.items()}
    loss = recall_loss(grads_by_autograd, told, p, initial, batch)
    gradient = torch.autograd.grad(loss, list(p.values()), materialize_grads=True)
    return loss.detach(), dict(zip(p, gradient))


def episode_of(batch, i):
    return {k: v[i] for k, v in batch.items()}


def by_loop(told, p, batch, of_episode=by_autograd):
    episodes = batch["patterns"].shape[0]
    total, sums = 0, None
    for i in range(episodes):
        loss, gradient = of_episode(told, p, episode_of(batch, i))
        total = total + loss
        if sums is None:
            sums = list(gradient.values())
        else:
            torch._foreach_add_(sums, list(gradient.values()))
    torch._foreach_div_(sums, episodes)
    return total / episodes, dict(zip(p, sums))


def compiled_loop(told, p, batch):
    """Compiles the gradient of one episode, as torch.func has it, and returns what works as `by_loop`."""

    def of_episode(p, episode):
        def loss(p):
            return recall_loss(grads_by_func, told, p, {k: p[k] for k in told["writable"]}, episode)

        gradient, value = torch.func.grad_and_value(loss)(p)
        return value, gradient

    run = torch.compile(of_episode, fullgraph=True, dynamic=False)
    run(p, episode_of(batch, 0))
    return lambda told, p, batch: by_loop(told, p, batch, lambda told, p, episode: run(p, episode))


FORMS = {"func": by_func, "autograd": by_autograd, "loop": by_loop, "compiled": by_loop}


def main(path, form, out):
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    problem = Problem(path)
    told = problem.told
    settings = told["optimiser"]
    batch = {k: torch.tensor(v) for k, v in problem.batch.items()}
    p = {k: torch.tensor(v) for k, v in problem.p.items()}
    optimiser = torch.optim.AdamW(
        p.values(),
        settings["learning_rate"],
        (settings["beta1"], settings["beta2"]),
        settings["epsilon"],
        settings["weight_decay"],
        fused=True,
    )
    now = {"gradient": FORMS[form]}

    def prepare():
        if form == "compiled":
            now["gradient"] = compiled_loop(told, p, batch)

    def step():
        loss, gradient = now["gradient"](told, p, batch)
        for k in p:
            # The fused optimiser takes no notice of strides.
            p[k].grad = gradient[k].contiguous()
        norm = torch.nn.utils.clip_grad_norm_(p.values(), settings["clip"], foreach=True)
        optimiser.step()
        return loss, norm

    def moments():
        return {k: optimiser.state[v]["exp_avg"].numpy() for k, v in p.items()}

    serve(form, {"torch": torch.__version__}, prepare, step, moments, out)


main(*sys.argv[1:])
