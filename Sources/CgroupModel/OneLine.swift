extension String {
    /// The text as one line that a terminal may get: a message may quote what anybody wrote.
    ///
    /// Control characters, line breaks and those that turn the direction of writing are escaped.
    package var onOneLine: String {
        unicodeScalars.reduce(into: "") { result, scalar in
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator:
                result += scalar.escaped(asASCII: true)
            case _ where scalar.properties.isBidiControl: result += scalar.escaped(asASCII: true)
            default: result.unicodeScalars.append(scalar)
            }
        }
    }
}
