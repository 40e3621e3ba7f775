from . import captioning as captioning
from . import segmentation as segmentation
from . import style as style
from . import verification as verification
