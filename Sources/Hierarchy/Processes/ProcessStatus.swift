internal import CgroupModel

/// Credentials and other fields of `/proc/PID/status`.
///
/// A line that the kernel does not print is nil, never 0: a kernel without seccomp prints no
/// `Seccomp`.
package struct ProcessStatus: Hashable, Sendable {
    /// The seccomp mode.
    package enum Seccomp: Hashable, Sendable {
        case disabled, strict, filter
        /// A mode that this program does not know.
        case other(UInt64)

        /// The mode as a word.
        package var text: String {
            switch self {
            case .disabled: "disabled"
            case .strict: "strict"
            case .filter: "filter"
            case .other(let mode): "mode \(mode)"
            }
        }
    }

    /// The command name, at most 15 bytes, safe for a terminal.
    package private(set) var name: String?
    /// `Tgid`: the ID of the process that this thread belongs to.
    package private(set) var process: UInt32?
    /// `Uid`: the effective user ID, as a number in the reader's user namespace.
    package private(set) var user: UInt32?
    /// `CapInh`: the capabilities preserved across execve(2).
    package private(set) var inheritable: CapabilitySet?
    /// `CapPrm`: the capabilities that the process may make effective.
    package private(set) var permitted: CapabilitySet?
    /// `CapEff`: the capabilities that the kernel checks.
    package private(set) var effective: CapabilitySet?
    /// `CapBnd`: the upper bound of what execve(2) may grant.
    package private(set) var bounding: CapabilitySet?
    /// `CapAmb`: the capabilities preserved across execve(2) of an unprivileged program; since
    /// Linux 4.3.
    package private(set) var ambient: CapabilitySet?
    /// Whether execve(2) cannot grant privileges (`no_new_privs`); since Linux 4.10.
    package private(set) var noNewPrivileges: Bool?
    /// The seccomp mode.
    package private(set) var seccomp: Seccomp?
    /// The process ID in each PID namespace, from the reader's to its own.
    package private(set) var namespacePIDs: [UInt32] = []

    /// Parses the file; a malformed value of a known key is an error.
    package init(parsing bytes: [UInt8]) throws(ProcessTextError) {
        let text = ProcessFields(file: "status", bytes: bytes)
        var start = 0
        while start < bytes.count {
            guard let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) else {
                throw text.error(bytes.count, "unexpected end of file")
            }
            if let colon = bytes[start..<end].firstIndex(of: UInt8(ascii: ":")) {
                try take(
                    String(decoding: bytes[start..<colon], as: UTF8.self), colon + 1..<end, text)
            }
            start = end + 1
        }
    }

    private mutating func take(
        _ key: String, _ rest: Range<Int>, _ text: ProcessFields
    ) throws(ProcessTextError) {
        switch key {
        case "Name": name = Self.name(text.bytes[rest])
        case "Tgid": process = try Self.one(rest, text)
        case "Uid": user = try Self.effectiveID(rest, text)
        case "CapInh": inheritable = try Self.capabilities(rest, text)
        case "CapPrm": permitted = try Self.capabilities(rest, text)
        case "CapEff": effective = try Self.capabilities(rest, text)
        case "CapBnd": bounding = try Self.capabilities(rest, text)
        case "CapAmb": ambient = try Self.capabilities(rest, text)
        case "NoNewPrivs": noNewPrivileges = try Self.number(rest, text) != 0
        case "Seccomp": seccomp = Self.mode(try Self.number(rest, text))
        case "NSpid":
            namespacePIDs = []
            for field in text.fields(rest) { namespacePIDs.append(try text.small(field)) }
        default: break
        }
    }

    /// Decodes the name: the kernel writes a newline as `\n` and a backslash as `\\`.
    private static func name(_ field: ArraySlice<UInt8>) -> String {
        var raw: [UInt8] = []
        var rest = field.first == UInt8(ascii: "\t") ? field.dropFirst() : field
        while let byte = rest.popFirst() {
            let isEscape = byte == UInt8(ascii: "\\")
            switch isEscape ? rest.first : nil {
            case UInt8(ascii: "n"): raw.append(UInt8(ascii: "\n"))
            case UInt8(ascii: "\\"): raw.append(byte)
            default:
                raw.append(byte)
                continue
            }
            rest = rest.dropFirst()
        }
        return PrintableText.text(raw[...])
    }

    private static func number(
        _ rest: Range<Int>, _ text: ProcessFields, radix: UInt64 = 10
    ) throws(ProcessTextError) -> UInt64 {
        let fields = text.fields(rest)
        guard fields.count == 1 else { throw text.error(rest.lowerBound, "not one number") }
        return try text.number(fields[0], radix: radix)
    }

    private static func one(
        _ rest: Range<Int>, _ text: ProcessFields
    ) throws(ProcessTextError) -> UInt32 {
        let fields = text.fields(rest)
        guard fields.count == 1 else { throw text.error(rest.lowerBound, "not one number") }
        return try text.small(fields[0])
    }

    private static func capabilities(
        _ rest: Range<Int>, _ text: ProcessFields
    ) throws(ProcessTextError) -> CapabilitySet {
        CapabilitySet(mask: try number(rest, text, radix: 16))
    }

    /// The second of the real, effective, saved and filesystem IDs.
    private static func effectiveID(
        _ rest: Range<Int>, _ text: ProcessFields
    ) throws(ProcessTextError) -> UInt32 {
        let fields = text.fields(rest)
        guard fields.count == 4 else { throw text.error(rest.lowerBound, "not four numbers") }
        return try text.small(fields[1])
    }

    private static func mode(_ number: UInt64) -> Seccomp {
        switch number {
        case 0: .disabled
        case 1: .strict
        case 2: .filter
        default: .other(number)
        }
    }
}
