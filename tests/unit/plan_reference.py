"""The laws of the simulated reader a second time: one session after the other, in plain Python, in numbers of 64 bits."""

from math import exp
from statistics import NormalDist

import numpy as np
from gymnasium.vector import AutoresetMode

from broadsheet.core.seeds import generator

WORD = 2**64
LEAVES, TEMPER = 2**62, 2**62 + 1
EDGE = 1e-6
"""Where luck is nearer to a chance than this, numbers of 32 bits may decide otherwise; such draws are counted."""


def mixed(word):
    word = (word + 0x9E3779B97F4A7C15) % WORD
    word = ((word ^ (word >> 30)) * 0xBF58476D1CE4E5B9) % WORD
    word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) % WORD
    return word ^ (word >> 31)


def chance_of(key, counter):
    return (mixed((key + counter * 0xBF58476D1CE4E5B9) % WORD) >> 40) / 2**24


def session_key(seed, user, stream):
    return mixed((mixed((mixed(seed) + user * 0xD1342543DE82EF95) % WORD) + stream * 0xAF251AF3B0F025B5) % WORD)


def sigmoid(x):
    return 1 / (1 + exp(-x)) if x > -700 else 0.0


class Catalogue:
    """What is looked up: categories of items with their shares, and what wears each out."""

    def __init__(self, items, truth, laws, slate, horizon):
        self.laws, self.slate, self.horizon = laws, slate, horizon
        self.logits = truth.logits.astype(float).tolist()
        self.tides = None if truth.tides is None else truth.tides.astype(float).tolist()
        self.first = None if items.first is None else items.first.tolist()
        self.last = None if items.last is None else items.last.tolist()
        kernel = truth.kernel.astype(float).tolist()
        self.shares, self.wearing, self.alone, self.count = [], [], [], len(kernel)
        for row in items.member.tolist():
            held = [c for c, there in enumerate(row) if there]
            self.shares.append([(c, 1 / len(held)) for c in held])
            weights = [(other, sum(kernel[c][other] for c in held) / len(held)) for other in range(len(row))]
            self.wearing.append([(other, weight) for other, weight in weights if weight > 0.02])
            # What an item beside itself would wear it, which is taken off again.
            self.alone.append(sum(weight / len(held) for other, weight in self.wearing[-1] if other in held))


class PlainSession:
    """One reader."""

    def __init__(self, catalogue, seed, user, stream):
        self.of, self.user, self.key, self.step, self.stock = catalogue, user, session_key(seed, user, stream), 0, catalogue.laws.start
        spread = catalogue.laws.spread
        luck = min(max(chance_of(session_key(0, user, 0), TEMPER), 1e-6), 1 - 1e-6)
        self.own = exp(spread * NormalDist().inv_cdf(luck) - spread**2 / 2)
        self.tires = catalogue.laws.boredom * catalogue.laws.fatigue * self.own
        self.exposure, self.times, self.shown, self.liked = [0.0] * catalogue.count, {}, [], []

    def show(self, slate, told):
        """Show a slate; `told` is what the other environment says was liked and whether the reader left, for draws on the edge."""
        of, laws, edges, now = self.of, self.of.laws, 0, self.step
        first, last = of.first, of.last
        valid = [item >= 0 and item not in slate[:slot] and (first is None or first[item] <= now <= last[item]) for slot, item in enumerate(slate)]
        on = [item for item, there in zip(slate, valid, strict=True) if there]
        key = mixed((self.key + self.step * 0xB564EF22EC7AECE5) % WORD)
        around = [0.0] * of.count
        for item in on:
            for category, share in of.shares[item]:
                around[category] += share
        beside = laws.beside / of.slate
        felt = [worn + beside * share for worn, share in zip(self.exposure, around, strict=True)]
        chances, liked, bored = [], [], 0.0
        for slot, item in enumerate(slate):
            if not valid[slot]:
                chances.append(0.0)
                liked.append(-1)
                continue
            worn = -beside * of.alone[item]
            for category, weight in of.wearing[item]:
                worn += weight * felt[category]
            base = of.logits[self.user][item]
            if of.tides is not None:
                tide = of.tides[min(self.step, len(of.tides) - 1)][self.user]
                base += sum(share * tide[category] for category, share in of.shares[item])
            chance = sigmoid(base - self.tires * worn - laws.repeat * self.times.get(item, 0))
            luck = chance_of(key, item)
            edge = abs(luck - chance) < EDGE
            edges += edge
            chances.append(chance)
            liked.append(int(told[0][slot]) if edge else int(luck < chance))
            bored += worn
        gain = sum(one > 0 for one in liked) / of.slate - laws.boredom * laws.cost * bored / of.slate
        self.stock += laws.learning * (gain - self.stock)
        for item in on:
            self.times[item] = self.times.get(item, 0) + 1
        self.exposure = [laws.decay * (worn + share / of.slate) for worn, share in zip(self.exposure, around, strict=True)]
        most = max(self.exposure)
        leaves = sigmoid(laws.leave - laws.loyal * self.stock + laws.boredom * laws.restless * most)
        luck = chance_of(key, LEAVES)
        edge = abs(luck - leaves) < EDGE
        left = bool(told[1]) if edge else luck < leaves
        self.shown.append([item if there else -1 for item, there in zip(slate, valid, strict=True)])
        self.liked.append(liked)
        self.step += 1
        return chances, liked, left, not left and self.step >= of.horizon, edges + edge


class PlainEnv:
    """Sessions, one after the other."""

    def __init__(self, catalogue, users, count, autoreset, seed):
        self.of, self.users, self.autoreset = catalogue, users, autoreset
        self.luck = int(generator(seed, "plan", "luck").integers(2**62))
        self.rng, self.queue, self.met = generator(seed, "plan", "users"), [], {}
        self.sessions, self.over, self.edges = [self.drawn() for _ in range(count)], [False] * count, 0

    def drawn(self):
        if not self.queue:
            self.queue = self.rng.permutation(self.users).tolist()
        user = self.queue.pop(0)
        stream = self.met.get(user, 0)
        self.met[user] = stream + 1
        return PlainSession(self.of, self.luck, user, stream)

    def step(self, actions, told):
        """Return for each session the chances, the reward, whether it was terminated, truncated, and the session as it was at the end of the round."""
        rounds = []
        for place, slate in enumerate(actions):
            session = self.sessions[place]
            if self.over[place]:
                if self.autoreset is AutoresetMode.NEXT_STEP:
                    self.sessions[place], self.over[place] = self.drawn(), False
                rounds.append(([0.0] * self.of.slate, 0.0, False, False, session))
                continue
            chances, liked, left, full, edges = session.show(slate, (told[0][place], told[1][place]))
            self.edges += edges
            rounds.append((chances, sum(one > 0 for one in liked) / self.of.slate, left, full, session))
            if left or full:
                self.over[place] = True
        if self.autoreset is AutoresetMode.SAME_STEP:
            for place, over in enumerate(self.over):
                if over:
                    self.sessions[place], self.over[place] = self.drawn(), False
        return rounds

    def observation(self):
        shape = (len(self.sessions), self.of.horizon, self.of.slate)
        shown, liked = np.full(shape, -1), np.full(shape, -1)
        for place, session in enumerate(self.sessions):
            if session.step:
                shown[place, : session.step], liked[place, : session.step] = session.shown, session.liked
        return {"shown": shown, "liked": liked, "step": np.array([s.step for s in self.sessions]), "user": np.array([s.user for s in self.sessions])}
