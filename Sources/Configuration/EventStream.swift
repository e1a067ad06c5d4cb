import CYAML
import CgroupModel

/// A libyaml event, copied out of the parser's buffers.
struct Event {
    enum Kind: Equatable {
        case documentStart, sequenceStart, mappingStart, collectionEnd, end, other
        case scalar(String)
        case alias(String)
    }

    var kind: Kind
    var anchor: String?
    var tag: String?
    var line: Int
    var column: Int
    /// Whether it begins a mapping in braces; always false for a list.
    var isFlow = false
    /// Where it begins and ends, in characters from the start of the file.
    var range = 0..<0
}

/// A syntax error; line and column count from 1.
struct SyntaxFailure: Error {
    var line: Int
    var column: Int
    var message: String
}

/// The events of one file, in order.
///
/// Safe to use: it owns its buffers and copies everything that it returns.
@safe struct EventStream: ~Copyable {
    private let bytes: UnsafeMutableBufferPointer<UInt8>
    // libyaml keeps pointers into its own struct, so the struct must not move.
    private let parser: UnsafeMutablePointer<yaml_parser_t>

    /// False if memory is exhausted.
    private let isReady: Bool

    init(_ content: [UInt8]) {
        unsafe bytes = .allocate(capacity: max(content.count, 1))
        _ = unsafe bytes.initialize(from: content)
        unsafe parser = .allocate(capacity: 1)
        unsafe parser.initialize(to: yaml_parser_t())
        isReady = unsafe yaml_parser_initialize(parser) == 1
        guard isReady else { return }
        unsafe yaml_parser_set_input_string(parser, bytes.baseAddress, content.count)
    }

    deinit {
        if isReady { unsafe yaml_parser_delete(parser) }
        unsafe parser.deallocate()
        unsafe bytes.deallocate()
    }

    mutating func next() -> Result<Event, SyntaxFailure> {
        var event = unsafe yaml_event_t()
        guard isReady, unsafe yaml_parser_parse(parser, &event) == 1 else {
            return .failure(failure())
        }
        defer { unsafe yaml_event_delete(&event) }
        return unsafe .success(Self.copy(event))
    }

    private static func copy(_ event: yaml_event_t) -> Event {
        var result = unsafe Event(
            kind: .other, line: Int(event.start_mark.line) + 1,
            column: Int(event.start_mark.column) + 1)
        let (start, end) = unsafe (Int(event.start_mark.index), Int(event.end_mark.index))
        result.range = start..<max(start, end)
        switch unsafe event.type {
        case YAML_DOCUMENT_START_EVENT: result.kind = .documentStart
        case YAML_STREAM_END_EVENT: result.kind = .end
        case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT: result.kind = .collectionEnd
        case YAML_ALIAS_EVENT:
            result.kind = unsafe .alias(text(event.data.alias.anchor) ?? "")
        case YAML_SCALAR_EVENT:
            let scalar = unsafe event.data.scalar
            let value = unsafe UnsafeBufferPointer(start: scalar.value, count: scalar.length)
            result.kind = unsafe .scalar(String(decoding: value, as: UTF8.self))
            result.anchor = unsafe text(scalar.anchor)
            result.tag = unsafe text(scalar.tag)
        case YAML_SEQUENCE_START_EVENT:
            result.kind = .sequenceStart
            result.anchor = unsafe text(event.data.sequence_start.anchor)
            result.tag = unsafe text(event.data.sequence_start.tag)
        case YAML_MAPPING_START_EVENT:
            result.kind = .mappingStart
            result.isFlow =
                unsafe event.data.mapping_start.style == YAML_FLOW_MAPPING_STYLE
            result.anchor = unsafe text(event.data.mapping_start.anchor)
            result.tag = unsafe text(event.data.mapping_start.tag)
        default: break
        }
        return result
    }

    private static func text(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? {
        guard let pointer = unsafe pointer else { return nil }
        return unsafe String(cString: pointer)
    }

    private func failure() -> SyntaxFailure {
        let problem = unsafe parser.pointee.problem.map { unsafe String(cString: $0) }
        var message = "not valid YAML: \(problem ?? "out of memory")"
        if problem?.contains("expected ',' or") == true {
            message += "; quote a text with commas, brackets or braces"
        }
        guard unsafe parser.pointee.error == YAML_READER_ERROR else {
            let mark = unsafe parser.pointee.problem_mark
            let isAboutTabs = ["start any token", "a tab"].contains {
                problem?.contains($0) == true
            }
            if isAboutTabs, let line = tabbedLine(upTo: Int(mark.line)) {
                return SyntaxFailure(
                    line: line.number, column: line.column,
                    message: "tab used for indentation; use spaces")
            }
            return SyntaxFailure(
                line: Int(mark.line) + 1, column: Int(mark.column) + 1, message: message)
        }
        // The reader reports only a byte offset.
        let offset = min(unsafe Int(parser.pointee.problem_offset), unsafe bytes.count)
        let before = unsafe bytes.prefix(offset)
        let lineStart = unsafe before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        let line = unsafe before.count { $0 == UInt8(ascii: "\n") } + 1
        let column = unsafe String(decoding: before[lineStart...], as: UTF8.self).count + 1
        return SyntaxFailure(line: line, column: column, message: message)
    }

    /// Returns the position of a tab that indents the line of a failure or the line before it; nil
    /// without one.
    ///
    /// Depending on its version, libyaml names the tab or calls it a character that cannot start a
    /// token. After a key without a value, it reports the line after the tab's.
    private func tabbedLine(upTo last: Int) -> (number: Int, column: Int)? {
        let lines = unsafe Array(bytes).split(
            separator: UInt8(ascii: "\n"), maxSplits: last + 1, omittingEmptySubsequences: false)
        for index in [last, last - 1] where lines.indices.contains(index) {
            let indent = lines[index].prefix(while: \.isBlank)
            if let tab = indent.firstIndex(of: UInt8(ascii: "\t")) {
                return (index + 1, tab - indent.startIndex + 1)
            }
        }
        return nil
    }
}
