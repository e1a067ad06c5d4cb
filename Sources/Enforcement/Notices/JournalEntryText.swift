/// A message in the format of systemd-journald's socket.
///
/// Each field is `NAME=VALUE` and a newline. If the value contains a newline, the field is the
/// name, a newline, the value's length as eight little-endian bytes, the value and a newline.
struct JournalEntryText {
    private(set) var bytes: [UInt8] = []

    /// Adds a field; the name has letters, digits and `_`, and does not begin with `_`.
    mutating func add(_ name: String, _ value: String) {
        bytes += Array(name.utf8)
        let text = Array(value.utf8)
        if text.contains(UInt8(ascii: "\n")) {
            bytes.append(UInt8(ascii: "\n"))
            let length = UInt64(text.count)
            bytes += (0..<8).map { UInt8(truncatingIfNeeded: length >> ($0 * 8)) }
        } else {
            bytes.append(UInt8(ascii: "="))
        }
        bytes += text
        bytes.append(UInt8(ascii: "\n"))
    }
}
