internal import CgroupModel

/// An event with its number in a store, and its form on disk and on the control socket.
///
///     version (1)  number  wall time  boot time  folded  kind  place  details
///
/// Numbers are LEB128, and a text follows its length. Kinds and details are stored by name, so a
/// program can skip those that it does not know.
package struct StoredEvent: Hashable, Sendable {
    /// The number, which increases by 1 from event to event.
    package let serial: UInt64
    /// The event.
    package let event: Event

    private static let version: UInt64 = 1
    /// The maximum number of details; more are refused as malformed.
    private static let mostDetails: UInt64 = 64

    private enum Place { static let none: UInt64 = 0, path: UInt64 = 1, identity: UInt64 = 2 }
    private enum Form {
        static let number: UInt64 = 0, decimal: UInt64 = 1, text: UInt64 = 2, path: UInt64 = 3
        static let bytes: UInt64 = 4
    }

    /// Creates an event with its number.
    package init(_ serial: UInt64, _ event: Event) {
        self.serial = serial
        self.event = event
    }

    /// Encodes the event.
    package var encoded: [UInt8] {
        var out = EventBytes()
        for number in [Self.version, serial, event.time.wall, event.time.boot, event.folded] {
            out.put(number)
        }
        out.put(event.kind.rawValue)
        if let cgroup = event.cgroup {
            out.put(cgroup.id == nil ? Place.path : Place.identity)
            out.put(cgroup.path.bytes)
            if let id = cgroup.id {
                out.put(id.inode)
                out.put(id.generation)
            }
        } else {
            out.put(Place.none)
        }
        out.put(UInt64(event.details.count))
        for (field, value) in event.details {
            out.put(field.rawValue)
            switch value {
            case .number(let number):
                out.put(Form.number)
                out.put(number)
            case .decimal(let number):
                out.put(Form.decimal)
                out.put(number.bitPattern)
            case .text(let text):
                out.put(Form.text)
                out.put(text)
            case .path(let path):
                out.put(Form.path)
                out.put(path.bytes)
            case .bytes(let bytes):
                out.put(Form.bytes)
                out.put(bytes)
            }
        }
        return out.bytes
    }

    /// Decodes only the number; nil if the bytes are of another version.
    package static func serial(of bytes: [UInt8]) -> UInt64? {
        var input = EventCursor(bytes)
        return input.number() == version ? input.number() : nil
    }

    /// Decodes ``encoded``; nil if it is malformed, or of a kind that this program does not know.
    package init?(decoding bytes: [UInt8]) {
        var input = EventCursor(bytes)
        guard input.number() == Self.version, let serial = input.number(),
            let wall = input.number(), let boot = input.number(), let folded = input.number(),
            let kind = input.text().flatMap(EventKind.init(rawValue:)), let place = input.number()
        else { return nil }
        var cgroup: EventCgroup?
        if place != Place.none {
            guard let path = input.bytes() else { return nil }
            cgroup = EventCgroup(CgroupPath(normalising: path))
            if place == Place.identity {
                guard let inode = input.number(), let generation = input.number() else {
                    return nil
                }
                cgroup = EventCgroup(
                    CgroupPath(normalising: path), CgroupID(inode: inode, generation: generation))
            }
        }
        guard let count = input.number(), count <= Self.mostDetails else { return nil }
        var details: [EventField: EventValue] = [:]
        for _ in 0..<count {
            guard let name = input.text(), let value = Self.value(&input) else { return nil }
            if let field = EventField(rawValue: name) { details[field] = value }
        }
        guard input.isAtEnd else { return nil }
        self.serial = serial
        event = Event(kind, EventTime(wall: wall, boot: boot), cgroup, details, folded: folded)
    }

    private static func value(_ input: inout EventCursor) -> EventValue? {
        switch input.number() {
        case Form.number: input.number().map { .number($0) }
        case Form.decimal:
            input.number().map { Double(bitPattern: $0) }.flatMap {
                $0.isFinite ? EventValue.decimal($0) : nil
            }
        case Form.text: input.text().map { .text($0) }
        case Form.path: input.bytes().map { .path(CgroupPath(normalising: $0)) }
        case Form.bytes: input.bytes().map { .bytes($0) }
        default: nil
        }
    }
}

/// Writes numbers and texts.
private struct EventBytes {
    private(set) var bytes: [UInt8] = []

    mutating func put(_ number: UInt64) {
        var rest = number
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    mutating func put(_ text: [UInt8]) {
        put(UInt64(text.count))
        bytes += text
    }

    mutating func put(_ text: String) { put(Array(text.utf8)) }
}

/// Reads what ``EventBytes`` wrote, and validates everything.
private struct EventCursor {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func number() -> UInt64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while let byte = rest.popFirst() {
            guard shift < 63 || byte <= 1 else { return nil }
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        return nil
    }

    mutating func bytes() -> [UInt8]? {
        guard let count = number(), count <= UInt64(rest.count) else { return nil }
        let text = Array(rest.prefix(Int(count)))
        rest = rest.dropFirst(Int(count))
        return text
    }

    mutating func text() -> String? { bytes().flatMap { String(validating: $0, as: UTF8.self) } }
}
