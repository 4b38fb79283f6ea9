from ..core.checked import *  # noqa: F403
from ..core.checked import Check, CheckedArgs  # noqa: F401
