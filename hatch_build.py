"""Puts data/ into the wheel as cnnlab/_data. An editable install reads it from the checkout and gets no copy."""

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ShippedData(BuildHookInterface):
    def initialize(self, version: str, build_data: dict) -> None:
        if version == "standard":
            build_data["force_include"]["data"] = "cnnlab/_data"
