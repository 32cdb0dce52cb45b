"""Whether what went over a wire has pictures in it: exits with 1 and says so.

usage: no_pictures.py WIRE FILE …

Looks for what files of pictures and video begin with, and for pieces of those
FILEs, as they are, in base64 at any offset and in hexadecimal.
"""
import base64, sys

wire = open(sys.argv[1], 'rb').read()
if len(wire) < 1000:
    sys.exit('there is hardly anything on the wire')
for magic in (b'\xff\xd8\xff', b'ftyp', b'moov', b'moof', b'mdat', b'JFIF',
              base64.b64encode(b'\xff\xd8\xff'), b'ffd8ff',
              base64.b64encode(b'JFIF\0\1')):
    if magic in wire:
        sys.exit(f'{magic} is on the wire')
for name in sys.argv[2:]:
    data = open(name, 'rb').read()
    if len(data) < 1000:
        sys.exit(f'{name}: too small to be a picture')
    # What is random repeats by no chance.  In base64 it begins at one of three.
    for i in range(200, len(data) - 40, 20):
        piece = data[i:i + 18]
        if (piece in wire or piece.hex().encode() in wire or
                any(base64.b64encode(piece[k:k + 15]) in wire
                    for k in range(3))):
            sys.exit(f'{name}: a piece of it is on the wire')
