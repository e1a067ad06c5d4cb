import CgroupModel

extension Figure {
    /// The text of a cell; `format` formats the number.
    func text(_ format: (Double) -> String) -> String {
        switch self {
        case .value(let number): format(number)
        case .without(.unlimited): "max"
        case .without(.notPermitted): "?"
        case .without(.malformed): "bad"
        case .without: "-"
        }
    }
}
