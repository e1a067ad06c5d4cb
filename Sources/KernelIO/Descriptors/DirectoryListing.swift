internal import CLinux
internal import Glibc

/// A directory entry.
package struct DirectoryEntry: Hashable, Sendable {
    /// The raw name.
    package let name: [UInt8]
    /// The inode number.
    package let inode: UInt64
    /// Whether it is a directory.
    package let isDirectory: Bool
}

extension OwnedDescriptor {
    /// Lists all entries but `.` and `..` (getdents64(2)); empty for a removed directory.
    ///
    /// Reads the raw records because cgroupfs names may exceed the 255 bytes of `struct dirent`.
    package borrowing func entries(path: @autoclosure () -> String) throws(IOError)
        -> [DirectoryEntry]
    {
        var result: [DirectoryEntry] = []
        var buffer = [UInt8](repeating: 0, count: 32768)
        lseek(number, 0, SEEK_SET)
        while true {
            let got = unsafe buffer.withUnsafeMutableBytes { raw in
                unsafe cgw_getdents(number, raw.baseAddress, raw.count)
            }
            if got == 0 { return result }
            guard got > 0 else {
                if errno == ENOENT || errno == ENODEV { return result }
                throw IOError("list", path(), code: errno)
            }
            parse(buffer.span.extracting(0..<got), into: &result)
        }
    }

    /// `struct linux_dirent64`: inode (8), offset (8), record length (2), type (1), name, NUL.
    private borrowing func parse(_ bytes: Span<UInt8>, into result: inout [DirectoryEntry]) {
        var start = 0
        while start + 19 < bytes.count {
            let length = Int(bytes[start + 16]) | Int(bytes[start + 17]) << 8
            guard length > 19, start + length <= bytes.count else { return }
            var end = start + 19
            while end < start + length, bytes[end] != 0 { end += 1 }
            var name: [UInt8] = []
            name.reserveCapacity(end - start - 19)
            for index in (start + 19)..<end { name.append(bytes[index]) }
            var inode: UInt64 = 0
            for index in (0..<8).reversed() { inode = inode << 8 | UInt64(bytes[start + index]) }
            let type = Int32(bytes[start + 18])
            if name != [UInt8(ascii: ".")], name != [UInt8(ascii: "."), UInt8(ascii: ".")] {
                let isDirectory = type == 0 ? isDirectory(name) : type == 4
                result.append(DirectoryEntry(name: name, inode: inode, isDirectory: isDirectory))
            }
            start += length
        }
    }

    private borrowing func isDirectory(_ name: [UInt8]) -> Bool {
        var inode: UInt64 = 0
        return unsafe name.withCPath { unsafe cgw_entry(number, $0, &inode) } == 1
    }

    /// Whether a cgroup's directory is on `device` and has no child directories; false on failure.
    ///
    /// cgroupfs counts a link for each child (fs/kernfs/inode.c, `kernfs_refresh_inode`). Reading
    /// the link count is many times cheaper than a listing. A directory with a mount on it is on
    /// another device.
    package borrowing func isChildless(_ path: [UInt8], on device: UInt64) -> Bool {
        var found: UInt64 = 0
        let links = unsafe path.withCPath { unsafe cgw_links(number, $0, &found) }
        return links == 2 && found == device
    }
}
