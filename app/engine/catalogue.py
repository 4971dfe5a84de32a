"""The stable ids of everything that can be wrong: R in a rules file, D in a decision."""

from enum import StrEnum


class Check(StrEnum):
    """A finding's id. Ids are never reused: people silence and search for them."""

    YAML = "R001"
    DUPLICATE_KEY = "R002"
    UNKNOWN_KEY = "R003"
    WRONG_TYPE = "R004"
    MISSING_KEY = "R005"
    DUPLICATE_NAME = "R006"
    ONCE_PER_RULE_SET = "R007"
    VARIABLE = "R008"
    ACTION = "R009"
    EXPRESSION = "R010"
    UNKNOWN_REFERENCE = "R011"
    TEMPLATE = "R020"
    UNKNOWN_INSTRUCTION = "R030"
    UNKNOWN_PARAMETER = "R031"
    MISSING_PARAMETER = "R032"
    INVALID_PARAMETER = "R033"
    DEFAULT_READS_CALL = "R034"
    UNDOCUMENTED_PARAMETER = "R050"
    IGNORED_VALUE = "R051"
    DEPRECATED_PARAMETER = "R052"
    NEVER_HOLDS = "R012"
    UNLIKELY_REFERENCE = "R013"
    SECRET_IN_RULES = "R053"  # noqa: S105  an id, not a password
    DEFAULT_CAN_FAIL = "R054"

    TEMPLATE_UNFILLED = "D001"
    INVALID_VALUE = "D002"
    NOBODY_TO_CALL = "D003"
    NO_CALL = "D004"
    NUMBER_NOT_ALLOWED = "D005"
    TOO_MANY_REJECTIONS = "D006"
    NOT_INLINE = "D007"
