import Foundation

/// Bytes of a file under `/proc`, which has no size and is read to its end.
func procFile(_ path: String) throws -> [UInt8] {
    Array(try FileHandle(forReadingFrom: URL(filePath: "/proc/\(path)")).readToEnd() ?? Data())
}

/// Damaged forms of a text: cut at each place, and with each byte replaced by several others.
func damaged(_ bytes: [UInt8]) -> [[UInt8]] {
    var result = bytes.indices.map { Array(bytes[..<$0]) }
    for place in bytes.indices {
        for byte: UInt8 in [0, 0x09, 0x0a, 0x20, 0x28, 0x29, 0x39, 0x3a, 0xff] {
            var copy = bytes
            copy[place] = byte
            result.append(copy)
        }
    }
    return result
}
