"""Data sets, and the Lightning datamodule that yields their batches."""

from ganlab.data.audio import AudioDataSet
from ganlab.data.audio_folder import AudioFolder
from ganlab.data.celeba import Celeba
from ganlab.data.cifar import Cifar10, Cifar100
from ganlab.data.corrupted import Corrupted
from ganlab.data.curves import Circles, Moons, SwissRoll
from ganlab.data.datamodule import DataModule
from ganlab.data.dataset import DataSet, normalize
from ganlab.data.digit_styles import DigitStyles
from ganlab.data.digits import Digits
from ganlab.data.dirac import Dirac
from ganlab.data.distribution import Distribution
from ganlab.data.drums import Drums
from ganlab.data.edges import Edges
from ganlab.data.emoji import Emoji
from ganlab.data.image import ImageDataSet
from ganlab.data.image_folder import ImageFolder
from ganlab.data.image_pairs import ImagePairs
from ganlab.data.mixtures import Grid, RandomMixture, Ring
from ganlab.data.mnist import FashionMnist, Kmnist, Mnist
from ganlab.data.moving_digits import MovingDigits
from ganlab.data.paired_folder import PairedFolder
from ganlab.data.photo_folder import PhotoFolder
from ganlab.data.photographs import Photographs
from ganlab.data.point import MixtureDataSet, PointDataSet
from ganlab.data.sentences import Sentences
from ganlab.data.sequence import SequenceDataSet, SineWaves
from ganlab.data.sklearn_tables import BreastCancer, Diabetes, Wine
from ganlab.data.speech_prompts import SpeechPrompts
from ganlab.data.spoken_digits import SpokenDigits
from ganlab.data.stacked_mnist import StackedMnist
from ganlab.data.stl10 import Stl10
from ganlab.data.stream import Stream
from ganlab.data.svhn import Svhn
from ganlab.data.table import TableDataSet
from ganlab.data.table_file import TableFile
from ganlab.data.text import TextDataSet
from ganlab.data.text_file import TextFile
from ganlab.data.unpaired_folder import UnpairedFolder
from ganlab.data.video import VideoDataSet
from ganlab.data.video_folder import VideoFolder
from ganlab.data.vocoder import Vocoder
from ganlab.data.voice_pairs import VoicePairs
from ganlab.data.words import Words

__all__ = [
    "AudioDataSet",
    "AudioFolder",
    "BreastCancer",
    "Celeba",
    "Cifar10",
    "Cifar100",
    "Circles",
    "Corrupted",
    "DataModule",
    "DataSet",
    "Diabetes",
    "DigitStyles",
    "Digits",
    "Dirac",
    "Distribution",
    "Drums",
    "Edges",
    "Emoji",
    "FashionMnist",
    "Grid",
    "ImageDataSet",
    "ImageFolder",
    "ImagePairs",
    "Kmnist",
    "MixtureDataSet",
    "Mnist",
    "Moons",
    "MovingDigits",
    "PairedFolder",
    "PhotoFolder",
    "Photographs",
    "PointDataSet",
    "RandomMixture",
    "Ring",
    "Sentences",
    "SequenceDataSet",
    "SineWaves",
    "SpeechPrompts",
    "SpokenDigits",
    "StackedMnist",
    "Stl10",
    "Stream",
    "Svhn",
    "SwissRoll",
    "TableDataSet",
    "TableFile",
    "TextDataSet",
    "TextFile",
    "UnpairedFolder",
    "VideoDataSet",
    "VideoFolder",
    "Vocoder",
    "VoicePairs",
    "Wine",
    "Words",
    "normalize",
]
