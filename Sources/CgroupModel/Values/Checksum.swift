/// CRC-32 (IEEE 802.3), to detect damaged bytes.
package enum Checksum {
    /// Computes the checksum of some bytes.
    package static func crc32(_ bytes: [UInt8]) -> UInt32 { crc32(bytes[...]) }

    /// Computes the checksum of some bytes, eight at a time.
    package static func crc32(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        let tables = tables
        var crc = UInt32.max
        var place = bytes.startIndex
        let end = bytes.endIndex
        while end - place >= 8 {
            let first =
                crc ^ UInt32(bytes[place]) ^ UInt32(bytes[place + 1]) << 8
                ^ UInt32(bytes[place + 2]) << 16 ^ UInt32(bytes[place + 3]) << 24
            crc =
                tables[7 << 8 | Int(first & 255)] ^ tables[6 << 8 | Int(first >> 8 & 255)]
                ^ tables[5 << 8 | Int(first >> 16 & 255)] ^ tables[4 << 8 | Int(first >> 24)]
            crc ^=
                tables[3 << 8 | Int(bytes[place + 4])] ^ tables[2 << 8 | Int(bytes[place + 5])]
                ^ tables[1 << 8 | Int(bytes[place + 6])] ^ tables[Int(bytes[place + 7])]
            place += 8
        }
        while place < end {
            crc = crc >> 8 ^ tables[Int(UInt8(truncatingIfNeeded: crc) ^ bytes[place])]
            place += 1
        }
        return ~crc
    }

    /// Entry `n << 8 | byte` is the remainder of a byte with `n` zero bytes after it.
    private static let tables: [UInt32] = {
        var tables = (0..<256).map { index in
            (0..<8).reduce(UInt32(index)) { crc, _ in
                crc >> 1 ^ (crc & 1 == 1 ? 0xedb8_8320 : 0)
            }
        }
        for place in 256..<8 << 8 {
            let before = tables[place - 256]
            tables.append(before >> 8 ^ tables[Int(before & 255)])
        }
        return tables
    }()
}
