"""Text → sections → plan: the published networks have their published sizes; what is wrong is named with its line."""

import pytest
from darknet_files import SHARED, SHIPPED, TWO_HEADS, net

from cnnlab.detection.darknet import DarknetError, cfg, plan
from cnnlab.detection.darknet.options import SECTIONS


def made(text):
    return plan.make(cfg.parse(text, "a.cfg"))


# ── the published networks ──


@pytest.mark.parametrize(
    ("name", "parameters", "trainable", "grids"),
    [
        ("yolov2", 50_983_561, 50_962_889, [(19, 19, 425)]),
        ("yolov3", 62_001_757, 61_949_149, [(19, 19, 255), (38, 38, 255), (76, 76, 255)]),
        ("yolov3-tiny", 8_858_734, 8_852_366, [(13, 13, 255), (26, 26, 255)]),
    ],
)
def test_published_networks_have_their_sizes(name, parameters, trainable, grids):
    network = plan.make(cfg.read(SHIPPED / f"{name}.cfg"))
    assert (network.parameters, network.trainable) == (parameters, trainable)
    assert [head.shape for head in network.heads] == grids


@pytest.mark.parametrize("name", ["yolov2", "yolov3", "yolov3-tiny"])
def test_the_shipped_networks_are_darknets_own(name):
    if not (SHARED / f"{name}.cfg").is_file():
        pytest.skip("no Darknet files beside the project; set CNNLAB_DARKNET")
    ours, theirs = (plan.make(cfg.read(folder / f"{name}.cfg")) for folder in (SHIPPED, SHARED))
    assert ours.input_shape == theirs.input_shape
    for mine, other in zip(ours.nodes, theirs.nodes, strict=True):
        assert (mine.kind, mine.inputs, mine.shape) == (other.kind, other.inputs, other.shape)
        assert mine.section.values == other.section.values


def test_a_plan_knows_where_its_numbers_come_out():
    network = made(TWO_HEADS)
    assert network.input_shape == (96, 64, 3)  # height first
    assert network.outputs == (2, 6)
    assert [head.shape for head in network.heads] == [(24, 16, 18), (12, 8, 6)]
    assert [plan.mask(head.section) for head in network.heads] == [(0, 1, 2), (3,)]
    # 3·3·3·8 + 4·8 | 8·18 + 18 | 3·3·8·12 + 4·12 | 12·6 + 6
    assert network.parameters == 248 + 162 + 912 + 78


# ── reading text as Darknet does ──


@pytest.mark.parametrize(
    "text",
    [
        "[net]\nwidth=32\nheight=16\n[convolutional]\nfilters=8\n",
        "# a comment\n\n[net]\n  width = 32 \n\theight=16\n; another\n[convolutional]\nfilters = 8",
        "[net]\r\nwidth=32\r\nheight=16\r\n[convolutional]\r\nfilters=8\r\n",
        "[net]\rwidth=32\rheight=16\r[convolutional]\rfilters=8",
        "[ net ]\nwidth=3 2\nheight=16\n[convolutional]\nfilters=8 # eight of them",
        "[net]\nbatch=64\nlearning_rate=0.001\nsteps=400,450\nwidth=32\nheight=16\n[convolutional]\nfilters=8",
    ],
)
def test_comments_blanks_line_ends_and_training_options_change_nothing(text):
    config = cfg.parse(text)
    assert (config.net["width"], config.net["height"], config.net["channels"]) == (32, 16, 3)
    assert config.layers[0]["filters"] == 8


TRAINED = net(
    "conv filters=8 stopbackward=1 dontload=1 learning_rate=.1", "max size=2 stride=2 onlyforward=1",
    "dropout probability=.5 dropblock=1", "route layers=-1 onlyforward=1 train_only_bn=1", "avg dont_update=1",
    "conn output=4 clip=1", "soft noloss=1", "cost type=sse scale=2",
).replace(
    "[net]\n", "[network]\nbatch=64\nsubdivisions=16\nbatch=1\nmomentum=0.9\nmomentum=0.949\nlabel_smooth_eps=0.1\n"
    "max_epochs=300\ntry_fix_nan=1\nsgdr_cycle=1000\ncontrastive=1\nseen=9\nscales=\n"
)  # fmt: skip


def test_text_for_training_is_read_over():
    plain = made(net("convolutional filters=8", "maxpool size=2 stride=2", "dropout", "route layers=-1", "avgpool",
                     "connected output=4", "softmax", "cost"))  # fmt: skip
    trained = made(TRAINED)
    for one, other in zip(trained.nodes, plain.nodes, strict=True):
        assert (one.kind, one.inputs, one.shape, one.slots) == (other.kind, other.inputs, other.shape, other.slots)
        assert one.section.values == other.section.values
    assert trained.nodes[0].section.line == 18


@pytest.mark.skipif(not SHARED.is_dir(), reason="the public networks are not on this machine")
def test_the_network_people_train_from_is_the_one_that_is_published():
    published, custom = (cfg.read(SHARED / "public" / f"yolov4{name}.cfg") for name in ("", "-custom"))
    assert "stopbackward" in custom.data.decode()
    assert published.net.values == custom.net.values
    assert [layer.values for layer in published.layers] == [layer.values for layer in custom.layers]
    assert plan.make(custom).parameters == 64_429_405


REFUSED_PUBLIC = {
    "crnn rnn rnn.train lstm.train gru pjreddie-gru pjreddie-rnn pjreddie-rnn.train crnn.train "
    "yolov3-tiny_occlusion_track": "is a layer of a recurrent network",
    "yolov1-tiny t1.test Gaussian_yolov3_BDD": "is another kind of head",
    "yolov1 efficientnet_b0 cspx-p7-mish cspx-p7-mish_hp yolov4-sam-mish-csp-reorg-bfm yolov4-tiny_contrastive":
        "is a section of Darknet's that this package does not build",
    "darknet53_448_xnor tiny-yolo_xnor yolov3-tiny_xnor": "`xnor` must be 0",
    "darknet9000 yolo9000": "`tree` must be left out",
    "go pjreddie-go.test": "`extra` must be 0",
    "go.test": "[softmax]: it must follow a layer of 1×1 pixels",
    "strided pjreddie-strided": "`activation` must be one of",
    "resnet152_trident": "`share_index` must be left out",
}  # fmt: skip


@pytest.mark.skipif(not SHARED.is_dir(), reason="the public networks are not on this machine")
@pytest.mark.parametrize("name", sorted(file.stem for file in (SHARED / "public").glob("*.cfg")))
def test_a_public_network_is_planned_or_refused_with_the_reason(name):
    file = SHARED / "public" / f"{name}.cfg"
    reason = next((why for names, why in REFUSED_PUBLIC.items() if name in names.split()), "")
    if not reason:
        assert plan.make(cfg.read(file)).parameters > 0
        return
    with pytest.raises(DarknetError) as caught:
        plan.make(cfg.read(file))
    assert reason in str(caught.value)


def test_what_the_file_does_not_say_has_darknets_default():
    section = cfg.parse("[net]\nwidth=8\nheight=8\n[convolutional]\n").layers[0]
    assert section.values == {
        "filters": 1, "size": 1, "stride": 1, "groups": 1, "dilation": 1, "pad": 0, "padding": 0, "batch_normalize": 0,
        "activation": "logistic", "binary": 0, "xnor": 0, "bin_output": 0, "flipped": 0,
        "antialiasing": 0, "share_index": "",
    }  # fmt: skip


def test_every_section_kind_has_a_plan():
    assert set(plan.SHAPES) == set(SECTIONS) - {"net"}


# ── shapes ──


@pytest.mark.parametrize(
    ("section", "shape"),
    [  # from 12 × 16 × 3
        ("convolutional filters=4 size=3 stride=2 pad=1", (6, 8, 4)),
        ("convolutional filters=4 size=3 stride=2", (5, 7, 4)),
        ("convolutional filters=4 size=3 padding=3", (16, 20, 4)),
        ("convolutional filters=4 size=5 pad=1 padding=9", (12, 16, 4)),  # pad wins
        ("convolutional filters=4 size=3 pad=1 dilation=2", (12, 16, 4)),
        ("convolutional filters=4 size=1 dilation=9", (12, 16, 4)),  # nothing to dilate
        ("maxpool size=2 stride=2", (6, 8, 3)),
        ("maxpool size=2 stride=1", (12, 16, 3)),
        ("maxpool size=3 stride=2", (6, 8, 3)),
        ("maxpool size=3 stride=2 padding=0", (5, 7, 3)),
        ("maxpool stride=4", (3, 4, 3)),  # size = stride
        ("maxpool size=13 stride=1", (12, 16, 3)),  # wider than the map is high
        ("maxpool size=40 stride=2", (6, 8, 3)),
        ("avgpool", (1, 1, 3)),
        ("crop crop_height=7 crop_width=9 flip=1 angle=5", (7, 9, 3)),
        ("upsample stride=3", (36, 48, 3)),
        ("upsample", (24, 32, 3)),
        ("dropout probability=.5", (12, 16, 3)),
        ("connected output=7", (1, 1, 7)),
    ],
)
def test_a_section_makes_the_shape_darknet_makes(section, shape):
    assert made(net(section)).nodes[0].shape == shape


def test_reorg_and_routes():
    network = made(net(
        "convolutional filters=8 size=1", "reorg stride=2", "route layers=0", "reorg stride=2", "route layers=-1,1",
        "route layers=-1 groups=4 group_id=3",
    ))  # fmt: skip
    assert [node.shape for node in network.nodes] == [
        (12, 16, 8), (6, 8, 32), (12, 16, 8), (6, 8, 32), (6, 8, 64), (6, 8, 16),
    ]  # fmt: skip
    assert network.nodes[4].inputs == (3, 1)


# ── what is refused, and how ──

CONV = "convolutional filters=4"
REFUSED = [
    ("", "a.cfg: must begin with a [net] section; it has none"),
    ("width=3", "a.cfg, line 1: must begin with a [net] section. Received: 'width=3'"),
    ("[convolutional]\n", "a.cfg, line 1, [convolutional]: the first section, and no other, must be [net]"),
    ("[net]\nwidth=8\nheight=8\n", "a.cfg, line 1, [net]: there is no layer after it"),
    ("[net]\nheight=8\n[avgpool]\n", "a.cfg, line 1, [net]: `width` is missing"),
    ("[net]\nwidth=1000000000\nheight=8\n[avgpool]",
     "line 2, [net]: `width` must be a whole number from 1 to 10000. Received: '1000000000'"),
    ("[net]\nwidth=" + "9" * 5000 + "\nheight=8\n[avgpool]", "line 2, [net]: `width` must be a whole number"),
    ("[net]\nwidth=0\nheight=8\n[avgpool]", "`width` must be a whole number from 1 to 10000. Received: '0'"),
    ("[net]\nwidth=3.5\nheight=8\n[avgpool]", "`width` must be a whole number from 1 to 10000. Received: '3.5'"),
    ("[net]\nwidth=8\nheight=8\nwidth=9\n[avgpool]", "line 4, [net]: `width` is given twice, here and in line 2"),
    ("[net]\nwidth=10000\nheight=10000\n[avgpool]", "line 2, [net]: a picture of 10000×10000×3 has more than"),
    ("[net]\nwidth=8\nheight=8\n[net]\nwidth=8\nheight=8", "line 4, [net]: the first section, and no other"),
    ("[net]\nwidth=8\nheight=8\n[sam]", "line 4, [sam]: is a section of Darknet's that this package does not build: it "
     "knows net, convolutional, maxpool"),
    ("[net]\nwidth=8\nheight=8\n[reorg3d]\nstride=2", "line 4, [reorg3d]: is a section of Darknet's that this package"),
    ("[net]\nwidth=8\nheight=8\n[convo]", "line 4, [convo]: is no section of Darknet's: this package knows net, conv"),
    ("[net]\nwidth=8\nheight=8\n[detection]", "line 4, [detection]: is another kind of head: this package reads boxes"),
    *((f"[net]\ninputs=256\n\n[{kind}]\noutput=9", f"line 4, [{kind}]: is a layer of a recurrent network, which reads "
       "sequences: this package builds networks for pictures") for kind in ("rnn", "gru", "lstm", "crnn", "conv_lstm")),
    ("[net]\ninputs=256\n[connected]\noutput=9\n[crnn]", "line 5, [crnn]: is a layer of a recurrent network"),
    ("[net]\nwidth=8\nheight=8\n[convolutionel]", "Did you mean [convolutional]?"),
    ("[net]\nwidth=8\nheight=8\n[avgpool", "line 4: a section is a name in brackets. Received: '[avgpool'"),
    ("[net]\nwidth=8\nheight=8\n[]", "line 4: a section is a name in brackets"),
    ("[net]\nwidth=8\nheight=8\n[avgpool]\nhello", "line 5, [avgpool]: a line must be an option, name=value"),
    ("[net]\nwidth=8\nheight=8\n[avgpool]\nsize=", "line 5, [avgpool]: a line must be an option, name=value"),
    (net("convolutional filtres=8"), "line 7, [convolutional]: `filtres` is not an option that this package knows here."
     " Did you mean `filters`?"),
    (net("convolutional activation=tanh"), "`activation` must be one of linear, leaky, relu, relu6, mish, swish, log"),
    (net("convolutional share_index=0"), "`share_index` must be left out: this package does not compute what it asks "
     "for. Received: '0'"),
    (net("softmax tree=9k.tree"), "line 7, [softmax]: `tree` must be left out"),
    (net("crop crop_height=13 crop_width=5"), "line 7, [crop]: 13×5 pixels cannot be cut out of 12×16×3"),
    (net(CONV, "cost", "avgpool"), "line 11, [avgpool]: it takes layer 1, a [cost]: nothing may follow it"),
    (net("maxpool stopbackwards=1"), "line 7, [maxpool]: `stopbackwards` is not an option that this package knows"),
    (net("convolutional xnor=1"), "`xnor` must be 0: this package computes nothing else. Received: '1'"),
    (net("convolutional filters=4 size=20"), "a kernel of 20 does not fit an input of 12×16×3, padding included"),
    (net("convolutional filters=4 groups=2"), "`groups` 2 must divide the 3 channels that arrive"),
    (net("convolutional filters=4 groups=3"), "`groups` 3 must divide the 4 filters"),
    (net("convolutional size=3 pad=1 stride=2 dilation=2"), "`dilation` and `stride` must not both be above 1"),
    (net("convolutional size=3 dilation=2"), "a dilated kernel of 3 must be padded by 1 on each side and be odd"),
    (net("convolutional filters=1000000"), "its output of 12×16×1000000 has more than 67,108,864 values"),
    (net("convolutional size=3 padding=10000"), "its padded input of 20012×20016×3 has more than"),
    (net("maxpool size=10000"), "its padded input of 10011×10015×3 has more than 67,108,864 values"),
    (net("maxpool size=2 padding=3"), "`padding` must be at most 2 · (size − 1) = 2"),
    (net("maxpool size=14 padding=0"), "a window of 14 does not fit an input of 12×16×3"),
    (net("upsample stride=10000"), "has more than 67,108,864 values"),
    (net("upsample scale=2"), "`scale` must be 1: this package computes nothing else"),
    (net("reorg stride=5"), "`stride` 5 must divide height and width, and its square the channels"),
    (net("reorg stride=2"), "Received: 12×16×3"),
    (net("softmax"), "it must follow a layer of 1×1 pixels. Received: 12×16×3"),
    (net(CONV, "route layers=1"), "`layers` must name layers before this one, which is layer 1. Received: 1, layer 1"),
    (net(CONV, "route layers=5"), "Received: 5, layer 5"),
    (net(CONV, "route layers=-2"), "Received: -2, layer 1 − 2 = -1"),
    (net("route layers=-1"), "which is layer 0"),
    (net(CONV, "route"), "line 9, [route]: `layers` is missing"),
    (net(CONV, "route layers=0,x"), "`layers` must be whole numbers, comma-separated, each. Received: '0,x'"),
    (net(CONV, "maxpool stride=2", "route layers=0,1"), "`layers` must have one height and width. Received: 12×16×4 and"
     " 6×8×4"),
    (net(CONV, "route layers=0 groups=3"), "`groups` 3 must divide the 4 channels"),
    (net(CONV, "route layers=0 groups=2 group_id=2"), "`group_id` must be below `groups` 2. Received: 2"),
    (net(CONV, "shortcut from=1"), "`from` must name layers before this one"),
    (net(CONV, "maxpool stride=2", "upsample", "shortcut from=1"), "`from` must have the height and width of the layer "
     "before, or a multiple of both, 12×16×4. Received: 6×8×4"),
    (net(CONV, "route layers=0", CONV + " size=2 padding=1 stride=2", "shortcut from=0", width=17),
     "7×9×4. Received: 12×17×4"),
    (net(CONV, "shortcut from=0 weights_type=per_feature"), "`weights_type` must be one of none"),
    (net(CONV, "maxpool stride=2", "route layers=0"), "line 9, [maxpool]: layer 1 leads nowhere: no later section"),
    (net("yolo anchors=1,2 num=1 classes=1"), "a head must follow a layer"),
    (net("convolutional filters=6", "yolo anchors=1,2,3 num=1 classes=1"),
     "line 10, [yolo]: `anchors` must hold `num` = 1 pairs. Received: 3 numbers"),
    (net("convolutional filters=6", "yolo anchors=1,0 num=1 classes=1"), "`anchors` must be numbers, comma-separated"),
    (net("convolutional filters=6", "yolo anchors=1,nan num=1 classes=1"), "`anchors` must be numbers, comma-sep"),
    (net("convolutional filters=6", "yolo anchors=1,2 num=1 classes=1 mask=1"), "`mask` must be below `num` 1"),
    (net("convolutional filters=7", "yolo anchors=1,2 num=1 classes=1"),
     "1 anchor of 5 + 1 numbers need 6 channels. Received: 7 from the layer before"),
    (net("convolutional filters=6", "region anchors=1,2 num=1 classes=1 coords=8"), "`coords` must be 4"),
    (net("convolutional filters=6", "yolo anchors=1,2 num=1 classes=1", "avgpool"),
     "line 14, [avgpool]: it takes layer 1, a [yolo]: nothing may follow a head"),
    (net("convolutional filters=6", "yolo anchors=1,2 num=1 classes=1", "route layers=1"), "nothing may follow a head"),
    ("[net]\nwidth=8\nheight=8\n" + "[avgpool]\n" * 1002, "line 1004, [avgpool]: there are more than 1,000 layers"),
    ("#" * 1_000_001, "must have at most 1,000,000 characters"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "says"), REFUSED, ids=range(len(REFUSED)))
def test_what_is_wrong_is_named(text, says):
    with pytest.raises(DarknetError) as caught:
        made(text)
    assert says in str(caught.value)
    assert str(caught.value).startswith("a.cfg")


def test_a_file_that_is_not_there_or_not_text(tmp_path):
    with pytest.raises(DarknetError, match=r"^no\.cfg: cannot be read \(No such file or directory\)$"):
        cfg.read(tmp_path / "no.cfg")
    with pytest.raises(DarknetError, match="cannot be read"):
        cfg.read(tmp_path)
    (tmp_path / "bytes.cfg").write_bytes(bytes(range(256)) * 10)
    with pytest.raises(DarknetError, match=r"bytes\.cfg"):
        cfg.read(tmp_path / "bytes.cfg")
    (tmp_path / "chinese.cfg").write_bytes("# 网络\n".encode("gbk") + net("avgpool").encode())
    assert len(cfg.read(tmp_path / "chinese.cfg").layers) == 1
    (tmp_path / "marked.cfg").write_bytes(b"\xef\xbb\xbf" + net("avgpool").encode())
    assert len(cfg.read(tmp_path / "marked.cfg").layers) == 1
