"""The feature space of a small classifier of the data set's clips: Fréchet distances in it are video distances."""

from typing import Any, final

from ganlab.features.base import LabelledSource
from ganlab.features.classifier_weights import find_or_train, find_weights, load_classifier
from ganlab.features.video_features import VideoFeatures, clip_shape
from ganlab.features.video_recipe import VideoRecipe


@final
class VideoClassifier(VideoFeatures):
    """Penultimate features (64) and logits of a small classifier of clips, and features of single frames (64 each).

    It is trained once on the labels of the data set, for `steps` batches of 32 clips, and saved under $GANLAB_CACHE
    (~/.cache/ganlab); `weights` is the file of one that was trained before, with its json file next to it. A second
    head learns the class from each frame alone, so the features of a frame say what a single picture shows. The
    accuracy in the protocol is that of a fifth of the training clips, held out at random: others that show the same
    digit image, or were cut from the same file, are trained on, so it is that of new clips, not of new files. Raises
    FileNotFoundError if the weights do not exist, and ValueError if they are damaged or were trained on clips of other
    channels or frames, if the data set has no labels to train on, or its samples are no clips of 1 or 3 channels.
    """

    name = "video_classifier"

    def __init__(self, data: LabelledSource, weights: str | None = None, seed: int = 0, steps: int = 800) -> None:
        frames, channels = clip_shape(data, self.name)
        recipe = VideoRecipe(frames, channels)
        path = find_weights(weights) if weights else find_or_train(recipe, data, seed, steps)
        network, self.facts = load_classifier(path, recipe)
        if self.facts["channels"] != channels:
            raise ValueError(
                f"features.weights={weights} has a classifier of clips with {self.facts['channels']} channels, but the "
                f"data's have {channels}; train it again on this data"
            )
        super().__init__(network, frames, channels)
        self.classes = int(self.facts["classes"])

    def describe(self) -> dict[str, Any]:
        """Return the name, the weights' hash, the resize rule, and the classifier's training set and accuracy."""
        origin = {"trained_on": self.facts["data"], "accuracy": self.facts["accuracy"]}
        return {"name": self.name, "weights": self.facts["sha256"], **self.resize_rule(), **origin}
