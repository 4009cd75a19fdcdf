"""A map of the kernel: one entry, all of them, or all of an epoch at once."""

import errno
from itertools import chain, compress
from struct import Struct
from typing import NamedTuple, Self

from tuibpf.kernel import bpf
from tuibpf.kernel.cpus import possible_cpus
from tuibpf.kernel.descriptor import Descriptor
from tuibpf.kernel.syscall import Buffer
from tuibpf.program import Map, MapType

__all__ = ["Entries", "KernelMap"]

_PER_CPU = frozenset({MapType.PERCPU_HASH, MapType.PERCPU_ARRAY, MapType.LRU_PERCPU_HASH})
_BATCH_ENTRIES = 4096
_WALKS = 4
_ENOTSUPP = 524  # include/linux/errno.h: what a map type without batches answers; unknown to errno
_WITHOUT_BATCHES = (errno.EINVAL, errno.EOPNOTSUPP, _ENOTSUPP)


class Entries(NamedTuple):
    """*count* keys one behind the other in *keys*, and their values in *values* in the same order."""

    keys: bytes
    values: bytes
    count: int  # type: ignore[assignment]  # a tuple can count its items; nobody asks these to


class KernelMap:
    """A map that this process created. Owns its descriptor.

    ``value_bytes`` is what one value takes here: for a per-CPU map the value of each possible processor, each rounded
    up to 8 bytes. *batches* False walks entry by entry, as on kernels before 5.6.
    """

    def __init__(self, spec: Map, descriptor: Descriptor, *, batches: bool = True) -> None:
        self.spec = spec
        self.per_cpu = spec.type in _PER_CPU
        slot = (spec.value_size + 7) // 8 * 8
        self.value_bytes = slot * possible_cpus() if self.per_cpu else spec.value_size
        self._slot_bytes = slot if self.per_cpu else spec.value_size
        self._descriptor = descriptor
        self._batches = batches

    @classmethod
    def create(cls, spec: Map, *, flags: int = 0, batches: bool = True) -> Self:
        """Create the map; *flags* come on top of those of *spec*."""
        entries = spec.max_entries or (possible_cpus() if spec.type is MapType.PERF_EVENT_ARRAY else 0)
        fd = bpf.map_create(spec.type, spec.key_size, spec.value_size, entries, spec.flags | flags, spec.name)
        return cls(spec, Descriptor(fd), batches=batches)

    def fileno(self) -> int:
        return self._descriptor.fileno()

    def close(self) -> None:
        self._descriptor.close()

    def lookup(self, key: Buffer) -> bytes | None:
        """The value of *key* (of all processors for a per-CPU map), or None."""
        value = bytearray(self.value_bytes)
        return bytes(value) if bpf.map_lookup(self.fileno(), key, value) else None

    def update(self, key: Buffer, value: Buffer) -> None:
        bpf.map_update(self.fileno(), key, value)

    def delete(self, key: Buffer) -> bool:
        """Take *key* out; False if it was not there."""
        return bpf.map_delete(self.fileno(), key)

    def items(self) -> Entries:
        """All entries. Those that come or go meanwhile may be missed; on a quiet map it is exact."""
        if self._batches:
            try:
                return self._items_in_batches()
            except OSError as error:
                if error.errno not in _WITHOUT_BATCHES:
                    raise
                self._batches = False
        return self._items_one_by_one()

    def take(self, epoch: int) -> Entries:
        """Read and take out the entries of *epoch* and of earlier ones: those whose key begins with that u64.

        The caller has made sure that no program still writes them (``Loaded.advance_epoch()``), so they hold still
        and nothing is lost between the reading and the taking out. Entries of later epochs are not touched.
        """
        entries = self._select(self.items(), epoch)
        if not entries.count:
            return entries
        if self._batches:
            bpf.map_delete_batch(self.fileno(), entries.keys, entries.count, self.spec.key_size)
        else:
            size = self.spec.key_size
            for at in range(0, len(entries.keys), size):
                self.delete(entries.keys[at : at + size])
        return entries

    def summed(self, values: Buffer, count: int) -> bytes:
        """*values* of a per-CPU map as *count* values, added over the processors u64 by u64."""
        if not self.per_cpu:
            return bytes(values)
        words, cpus = self._slot_bytes // 8, possible_cpus()
        numbers = memoryview(values).cast("B").cast("Q").tolist()
        packer = Struct(f"={words}Q")
        sums = bytearray()
        for at in range(0, count * words * cpus, words * cpus):
            one = [sum(numbers[at + word : at + words * cpus : words]) & 0xFFFF_FFFF_FFFF_FFFF for word in range(words)]
            sums += packer.pack(*one)[: self.spec.value_size]
        return bytes(sums)

    def _items_in_batches(self) -> Entries:
        keys, values, found = [], [], 0
        position: bytes | None = None
        count = max(1, min(_BATCH_ENTRIES, self.spec.max_entries))
        while True:
            try:
                batch = bpf.map_lookup_batch(self.fileno(), position, count, self.spec.key_size, self.value_bytes)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
                count *= 2  # a bucket of the hash has more entries than there was room for
                continue
            keys.append(batch.keys)
            values.append(batch.values)
            found += batch.count
            position = batch.next
            if position is None:
                return Entries(b"".join(keys), b"".join(values), found)

    def _items_one_by_one(self) -> Entries:
        # A hash starts over when the key that the walk stands on was taken out, so keys come again; the dict drops
        # those and keeps the order. The bound is for a map that changes faster than it is walked.
        keys: dict[bytes, None] = {}
        key: bytes | None = None
        for _ in range(_WALKS * self.spec.max_entries):
            key = bpf.map_next_key(self.fileno(), key, self.spec.key_size)
            if key is None:
                break
            keys[key] = None
        found = [(key, value) for key in keys if (value := self.lookup(key)) is not None]
        return Entries(b"".join(key for key, _ in found), b"".join(value for _, value in found), len(found))

    def _select(self, entries: Entries, epoch: int) -> Entries:
        key_size = self.spec.key_size
        wanted = [of <= epoch for (of,) in Struct(f"=Q{key_size - 8}x").iter_unpack(entries.keys)]
        if all(wanted):
            return entries
        return Entries(
            _chosen(entries.keys, key_size, wanted), _chosen(entries.values, self.value_bytes, wanted), sum(wanted)
        )


def _chosen(items: bytes, size: int, wanted: list[bool]) -> bytes:
    """Those of *items*, *size* bytes each, whose place in *wanted* is true."""
    return b"".join(chain.from_iterable(compress(Struct(f"{size}s").iter_unpack(items), wanted)))
