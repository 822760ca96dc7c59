"""What is heard in sound: tempo and beats, key and chords, lines and drums as notes, loudness and timbre in words."""
