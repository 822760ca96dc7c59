"""MuseScore files (`.mscz`, `.mscx` of MuseScore 2, 3 and 4), read without any other program."""
