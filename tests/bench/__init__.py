"""``make bench``: speed and memory of the whole job beside dlt and a bare loop, after a gate that counts every cent."""
