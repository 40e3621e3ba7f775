"""The exercises, one module a lesson: ``from cnnlab.checks import lesson02 as check``."""
