"""SageMaker HyperPod: governance requests, commands and the objects they amount to."""
