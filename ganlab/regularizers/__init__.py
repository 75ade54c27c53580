from ganlab.regularizers.consensus import Consensus
from ganlab.regularizers.gradient import R1, R2, Dragan, GradientPenalty
from ganlab.regularizers.instance_noise import InstanceNoise
from ganlab.regularizers.weights import L1, L2, WeightClip

__all__ = ["L1", "L2", "R1", "R2", "Consensus", "Dragan", "GradientPenalty", "InstanceNoise", "WeightClip"]
