#if Systemd
internal import CSystemd
internal import Glibc

/// A message to write or read (sd_bus_message_append_basic(3), sd_bus_message_read_basic(3)).
///
/// The append functions return libsystemd's status, where a negative value is an errno.
@safe struct BusMessage: ~Copyable {
    let pointer: OpaquePointer

    init(adopting pointer: OpaquePointer) { unsafe self.pointer = pointer }

    deinit { unsafe sd_bus_message_unref(pointer) }

    func append(_ values: [BusValue]) -> Int32 {
        for value in values {
            let status = append(value)
            if status < 0 { return status }
        }
        return 0
    }

    private func append(_ value: BusValue) -> Int32 {
        switch value {
        case .boolean(let flag): return basic("b", Int32(flag ? 1 : 0))
        case .int32(let number): return basic("i", number)
        case .uint32(let number): return basic("u", number)
        case .uint64(let number): return basic("t", number)
        case .string(let text):
            return unsafe sd_bus_message_append_basic(pointer, Self.type("s"), text)
        case .objectPath(let path):
            return unsafe sd_bus_message_append_basic(pointer, Self.type("o"), path)
        case .bytes(let bytes):
            return unsafe bytes.withUnsafeBytes { raw in
                unsafe sd_bus_message_append_array(
                    pointer, Self.type("y"), raw.baseAddress, raw.count)
            }
        case .array(let element, let elements): return container("a", of: element, elements)
        case .structure(let fields):
            return container("r", of: fields.map(\.signature).joined(), fields)
        case .variant(let inner): return container("v", of: inner.signature, [inner])
        }
    }

    private func basic<Number>(_ type: Unicode.Scalar, _ number: Number) -> Int32 {
        unsafe withUnsafePointer(to: number) {
            unsafe sd_bus_message_append_basic(pointer, Self.type(type), $0)
        }
    }

    private func container(
        _ type: Unicode.Scalar, of contents: String, _ values: [BusValue]
    ) -> Int32 {
        let opened = unsafe sd_bus_message_open_container(pointer, Self.type(type), contents)
        if opened < 0 { return opened }
        let status = append(values)
        return status < 0 ? status : unsafe sd_bus_message_close_container(pointer)
    }

    /// Reads all values up to the end of the message or the entered container.
    func values() throws(BusError) -> [BusValue] {
        var result: [BusValue] = []
        while let value = try next() { result.append(value) }
        return result
    }

    /// Reads the next value; nil at the end of the message or of the entered container.
    private func next() throws(BusError) -> BusValue? {
        var type: CChar = 0
        var contents: UnsafePointer<CChar>?
        let status = unsafe sd_bus_message_peek_type(pointer, &type, &contents)
        if status == 0 { return nil }
        guard status > 0 else { throw Self.unreadable(status) }
        let inner = unsafe contents.map { unsafe String(cString: $0) } ?? ""
        switch Unicode.Scalar(UInt8(bitPattern: type)) {
        case "b": return .boolean(try number(type, Int32(0)) != 0)
        case "i": return .int32(try number(type, Int32(0)))
        case "u": return .uint32(try number(type, UInt32(0)))
        case "t": return .uint64(try number(type, UInt64(0)))
        case "s": return .string(try text(type))
        case "o": return .objectPath(try text(type))
        case "a" where inner == "y": return .bytes(try bytes())
        case "a": return .array(of: inner, try entered(type, inner))
        case "r": return .structure(try entered(type, inner))
        case "v":
            guard let value = try entered(type, inner).first else {
                throw Self.unreadable(-EBADMSG)
            }
            return .variant(value)
        default:
            throw .malformed(
                "it contains a value of unsupported type \(Unicode.Scalar(UInt8(type)))")
        }
    }

    private func entered(_ type: CChar, _ contents: String) throws(BusError) -> [BusValue] {
        try Self.check(unsafe sd_bus_message_enter_container(pointer, type, contents))
        let result = try values()
        try Self.check(unsafe sd_bus_message_exit_container(pointer))
        return result
    }

    private func number<Number: FixedWidthInteger>(
        _ type: CChar, _ zero: Number
    ) throws(BusError) -> Number {
        var number = zero
        try Self.check(unsafe sd_bus_message_read_basic(pointer, type, &number))
        return number
    }

    private func text(_ type: CChar) throws(BusError) -> String {
        var text: UnsafePointer<CChar>?
        let status = unsafe withUnsafeMutablePointer(to: &text) {
            unsafe sd_bus_message_read_basic(pointer, type, $0)
        }
        try Self.check(status)
        return unsafe text.map { unsafe String(cString: $0) } ?? ""
    }

    private func bytes() throws(BusError) -> [UInt8] {
        var start: UnsafeRawPointer?
        var count = 0
        try Self.check(
            unsafe sd_bus_message_read_array(pointer, Self.type("y"), &start, &count))
        return unsafe Array(UnsafeRawBufferPointer(start: start, count: count))
    }

    private static func check(_ status: Int32) throws(BusError) {
        if status < 0 { throw unreadable(status) }
    }

    private static func unreadable(_ status: Int32) -> BusError {
        .malformed(unsafe String(cString: strerror(-status)))
    }

    private static func type(_ scalar: Unicode.Scalar) -> CChar { CChar(scalar.value) }
}
#endif
