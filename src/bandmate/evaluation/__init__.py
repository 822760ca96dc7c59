"""How good the music is: measured on notes, and judged by people."""
