"""Right answers to lesson 14 in other styles, and the mutants of its solutions that are right after all."""

RIGHT = {
    "triplet": (
        """
        def my_triplet_loss(anchors, positives, negatives, margin):
            a, p, n = np.float32(anchors), np.float32(positives), np.float32(negatives)
            losses = np.linalg.norm(a - p, axis=1) ** 2 - np.linalg.norm(a - n, axis=1) ** 2 + margin
            return losses.clip(min=0).mean()
        """,
        """
        def my_triplet_loss(anchors, positives, negatives, margin):
            total = 0.0
            for a, p, n in zip(anchors, positives, negatives):
                near = sum((x - y) ** 2 for x, y in zip(a, p))
                far = sum((x - y) ** 2 for x, y in zip(a, n))
                total += max(near - far + margin, 0)
            return total / len(anchors)
        """,
        """
        import keras

        def my_triplet_loss(anchors, positives, negatives, margin):
            a, p, n = (keras.ops.convert_to_tensor(x, "float32") for x in (anchors, positives, negatives))
            near, far = keras.ops.sum(keras.ops.square(a - p), axis=1), keras.ops.sum(keras.ops.square(a - n), axis=1)
            return keras.ops.mean(keras.ops.relu(near - far + margin))
        """,
        """
        from cnnlab.tasks import verification

        def my_triplet_loss(anchors, positives, negatives, margin):
            return verification.triplet_loss(anchors, positives, negatives, margin).mean()
        """,
        """
        def my_triplet_loss(anchors, positives, negatives, margin):  # 2 a·(n − p) + p·p − n·n
            gaps = 2 * (anchors * (negatives - positives)).sum(1) + (positives**2).sum(1) - (negatives**2).sum(1)
            return np.where(gaps + margin > 0, gaps + margin, 0).mean()
        """,
    ),
    "semi_hard": (
        """
        def my_semi_hard(distances, labels, margin):
            labels = np.asarray(labels)
            same = labels[:, None] == labels
            valid = (same & ~np.eye(len(labels), dtype=bool))[:, :, None] & ~same[:, None, :]
            gap = distances[:, None, :] - distances[:, :, None]
            return np.argwhere(valid & (gap > 0) & (gap < margin))
        """,
        """
        def my_semi_hard(distances, labels, margin):
            found, rows = set(), range(len(labels))
            for a in rows:
                for p in rows:
                    for n in rows:
                        if a != p and labels[a] == labels[p] != labels[n]:
                            if 0 < distances[a][n] - distances[a][p] < margin:
                                found.add((a, p, n))
            return found
        """,
        """
        from cnnlab.tasks import triplets

        def my_semi_hard(distances, labels, margin):
            return triplets.semi_hard_triplets(distances, labels, margin)[::-1]
        """,
        """
        def my_semi_hard(distances, labels, margin):
            near, far = np.float32(distances)[:, :, None], np.float32(distances)[:, None, :]
            same = np.equal.outer(labels, labels)
            apart = ~np.eye(len(labels), dtype=bool)
            a, p, n = np.where((same & apart)[:, :, None] & ~same[:, None] & (near < far) & (far < near + margin))
            return [list(row) for row in zip(a, p, n)]
        """,
    ),
    "contrastive": (
        """
        def my_contrastive_loss(distances, same, margin):
            near, far = distances**2, np.maximum(margin - distances, 0) ** 2
            return np.where(same == 1, near, far).mean()
        """,
        """
        def my_contrastive_loss(distances, same, margin):
            total = 0.0
            for d, together in zip(distances, same):
                total += d**2 if together else max(margin - d, 0) ** 2
            return total / len(same)
        """,
        """
        import keras

        def my_contrastive_loss(distances, same, margin):
            d, same = keras.ops.convert_to_tensor(distances, "float32"), keras.ops.convert_to_tensor(same, "float32")
            far = keras.ops.square(keras.ops.relu(margin - d))
            return keras.ops.mean(same * keras.ops.square(d) + (1.0 - same) * far)
        """,
        """
        def my_contrastive_loss(distances, same, margin):
            d, same = np.float32(distances), np.asarray(same, bool)
            return ((d[same] ** 2).sum() + (np.clip(margin - d[~same], 0, None) ** 2).sum()) / len(d)
        """,
    ),
    "siamese": (
        """
        import keras
        from keras import layers, ops

        def my_siamese(make_encoder):
            encoder = make_encoder()
            left, right = (keras.Input(encoder.input_shape[1:]) for _ in range(2))
            return keras.Model([left, right], ops.sum(ops.square(encoder(right) - encoder(left)), axis=-1))
        """,
        """
        import keras

        def my_siamese(make_encoder):
            one = make_encoder()
            other = one
            left, right = keras.Input(one.input_shape[1:]), keras.Input(one.input_shape[1:])
            apart = keras.layers.Subtract()([one(left), other(right)])
            return keras.Model([left, right], keras.layers.Dot(axes=1)([apart, apart]))
        """,
        """
        import keras

        def my_siamese(make_encoder):
            make_encoder()  # one that nobody uses
            encoder = make_encoder()
            left, right = keras.Input(encoder.input_shape[1:]), keras.Input(encoder.input_shape[1:])
            x, y = encoder(left), encoder(right)
            d = keras.ops.sum(x * x, axis=1) - 2 * keras.ops.sum(x * y, axis=1) + keras.ops.sum(y * y, axis=1)
            return keras.Model(inputs=[left, right], outputs=keras.ops.expand_dims(d, -1))
        """,
    ),
    "honest": (
        """
        def my_honest(pairs, people, train):
            known = set(people[train].tolist())
            return [people[i] not in known and people[j] not in known for i, j in pairs]
        """,
        """
        def my_honest(pairs, people, train):
            return np.all(~np.isin(people[pairs], people[train]), axis=1)
        """,
        """
        def my_honest(pairs, people, train):
            strangers = [i for i in range(len(people)) if people[i] not in people[train]]
            return np.isin(pairs, strangers).sum(axis=1) == 2
        """,
        """
        import keras

        def my_honest(pairs, people, train):
            known = (people[pairs][..., None] == people[train]).any(axis=(1, 2))
            return keras.ops.logical_not(keras.ops.convert_to_tensor(known))
        """,
        """
        def my_honest(pairs, people, train):
            known = np.isin(people, people[train])
            return 1 - (known[pairs[:, 0]] | known[pairs[:, 1]])
        """,
    ),
    "threshold": (
        """
        from cnnlab.tasks import verification

        def my_threshold(distances, same, rate):
            return verification.threshold_for(distances, same, rate)
        """,
        """
        def my_threshold(distances, same, rate):  # just below the first stranger who would be one too many
            strangers = np.append(np.sort(distances[~same]), np.inf)
            return strangers[int(rate * (~same).sum() + 1e-9)] - 1e-4
        """,
        """
        def my_threshold(distances, same, rate):
            best, let_in, total = None, 0, (same == False).sum()
            for place in np.argsort(distances):
                let_in += not same[place]
                if let_in > rate * total:
                    break
                best = distances[place]
            return best
        """,
        """
        def my_threshold(distances, same, rate):
            order = np.argsort(distances)
            share = np.cumsum(~same[order]) / np.sum(~same)
            return np.float32(distances[order][share <= rate][-1])
        """,
    ),
    "false_alarm": (
        """
        def my_false_alarm(rate, people):
            good = 1.0
            for _ in range(people):
                good *= 1 - rate
            return 1 - good
        """,
        """
        def my_false_alarm(rate, people):
            return -np.expm1(people * np.log1p(-rate))
        """,
        """
        import math

        def my_false_alarm(rate, people):  # at least one: exactly one, exactly two, ...
            return sum(math.comb(people, k) * rate**k * (1 - rate) ** (people - k) for k in range(1, people + 1))
        """,
        """
        import keras

        def my_false_alarm(rate, people):
            return 1.0 - keras.ops.power(keras.ops.convert_to_tensor(1.0 - rate, "float32"), float(people))
        """,
    ),
    "who": (
        """
        from cnnlab.tasks import verification

        def my_who(embedding, table, tau):
            return verification.identify([embedding], table, tau)
        """,
        """
        def my_who(embedding, table, tau):
            best, row = tau, -1
            for k, known in enumerate(np.float32(table)):
                d = float(((known - np.float32(embedding)) ** 2).sum())
                if d <= best:
                    best, row = d, k
            return row
        """,
        """
        import keras

        def my_who(embedding, table, tau):
            rows = keras.ops.convert_to_tensor(table, "float32")
            d = keras.ops.sum(keras.ops.square(rows - keras.ops.convert_to_tensor(embedding, "float32")), axis=1)
            nearest = keras.ops.argmin(d)
            return nearest if d[int(nearest)] <= tau else -1
        """,
        """
        def my_who(embedding, table, tau):
            d = (table**2).sum(axis=1) - 2 * table @ embedding + embedding @ embedding
            order = np.argsort(d)
            return float(order[0]) if d.min() <= tau + 1e-9 else -1
        """,
    ),
}

EQUIVALENT: dict[str, dict[str, str]] = {
    "semi_hard": {
        "distances[p, a]": "the distance from p to a is that from a to p",
        "distances[n, a]": "the distance from n to a is that from a to n",
    },
    "honest": {"train sorted": "who was seen does not depend on the order"},
    "who": {
        "def my_who(table, embedding, tau)": "table - embedding and embedding - table have the same squares",
        "nearest = np.argmin(distances)": "np.argmin gives a whole number",
    },
}
