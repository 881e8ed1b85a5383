"""Small networks of the reference study's three families, from torchvision's own classes and layers.

They are for a first run on any machine: a training step takes about a hundredth of ResNet-152's. This file
needs torch and torchvision alone, because a stored network takes it along.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import nn
from torchvision.models import AlexNet, DenseNet, ResNet
from torchvision.models.resnet import BasicBlock


class MiniAlexNet(AlexNet):  # type: ignore[misc]  # torchvision has no types
    """AlexNet with a quarter to a half of its channels, and an eighth in its linear layers.

    Args:
        num_classes: Outputs of the last layer.
    """

    def __init__(self, num_classes: int = 1000) -> None:
        nn.Module.__init__(self)
        self.features = nn.Sequential(
            *(nn.Conv2d(3, 32, kernel_size=11, stride=4, padding=2), nn.ReLU(inplace=True)),
            nn.MaxPool2d(kernel_size=3, stride=2),
            *(nn.Conv2d(32, 64, kernel_size=5, padding=2), nn.ReLU(inplace=True)),
            nn.MaxPool2d(kernel_size=3, stride=2),
            *(nn.Conv2d(64, 96, kernel_size=3, padding=1), nn.ReLU(inplace=True)),
            *(nn.Conv2d(96, 64, kernel_size=3, padding=1), nn.ReLU(inplace=True)),
            *(nn.Conv2d(64, 64, kernel_size=3, padding=1), nn.ReLU(inplace=True)),
            nn.MaxPool2d(kernel_size=3, stride=2),
        )
        self.avgpool = nn.AdaptiveAvgPool2d((6, 6))
        self.classifier = nn.Sequential(
            *(nn.Dropout(), nn.Linear(64 * 6 * 6, 512), nn.ReLU(inplace=True)),
            *(nn.Dropout(), nn.Linear(512, 512), nn.ReLU(inplace=True)),
            nn.Linear(512, num_classes),
        )


class MiniResNet(ResNet):  # type: ignore[misc]
    """ResNet with one block a stage, half the channels, and a first layer that moves by four pixels.

    Args:
        num_classes: Outputs of the last layer.
    """

    def __init__(self, num_classes: int = 1000) -> None:
        nn.Module.__init__(self)
        # What torchvision's `_make_layer` reads.
        self._norm_layer = nn.BatchNorm2d
        self.inplanes, self.dilation, self.groups, self.base_width = 32, 1, 1, 64
        self.conv1 = nn.Conv2d(3, 32, kernel_size=7, stride=4, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(32)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
        self.layer1 = self._make_layer(BasicBlock, 32, 1)
        self.layer2 = self._make_layer(BasicBlock, 64, 1, stride=2)
        self.layer3 = self._make_layer(BasicBlock, 128, 1, stride=2)
        self.layer4 = self._make_layer(BasicBlock, 256, 1, stride=2)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(256, num_classes)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")


def mini_densenet(num_classes: int = 1000) -> nn.Module:
    """Return a DenseNet of twelve layers that add twelve channels each; its first one moves by four pixels.

    Args:
        num_classes: Outputs of the last layer.
    """
    network: nn.Module = DenseNet(12, (2, 3, 4, 3), num_init_features=24, num_classes=num_classes)
    first = nn.Conv2d(3, 24, kernel_size=7, stride=4, padding=3, bias=False)
    nn.init.kaiming_normal_(first.weight)
    network.set_submodule("features.conv0", first)
    return network


MINIS: dict[str, Callable[..., nn.Module]] = {
    "mini-alexnet": MiniAlexNet,
    "mini-resnet": MiniResNet,
    "mini-densenet": mini_densenet,
}
"""Each small network by its name, with random weights and 1000 outputs, as torchvision's builders give it."""
