#if TUI
import CNcurses

/// The appearance of each ``Style`` with 256 colors, with 8, and without.
struct Palette {
    /// A color pair and its additional attributes.
    private struct Look {
        /// Foreground and background in the 256-color table; -1 is the terminal's default.
        var rich: (Int16, Int16)
        /// Foreground and background among the basic eight colors; -1 is the terminal's default.
        var basic: (Int16, Int16)
        var attributes: attr_t = cgw_attr_normal
        var withoutColor: attr_t = cgw_attr_normal
    }

    private let attributes: [attr_t]
    private let hasColors: Bool

    /// Initializes the color pairs of a started screen; `colors` is 0 to use none.
    init(colors: Int) {
        hasColors = colors >= 8
        attributes = Style.allCases.enumerated().map { place, style in
            let look = Self.look(style)
            guard colors >= 8 else { return look.withoutColor }
            let (front, back) = colors >= 256 ? look.rich : look.basic
            init_pair(Int16(place + 1), front, back)
            return look.attributes
        }
    }

    /// Returns the attributes and the color pair of a style.
    func apply(_ style: Style) -> (attributes: attr_t, pair: Int16) {
        let place = Style.allCases.firstIndex(of: style) ?? 0
        return (attributes[place], hasColors ? Int16(place + 1) : 0)
    }

    private static func look(_ style: Style) -> Look {
        let bold = cgw_attr_bold
        let reverse = cgw_attr_reverse
        return switch style {
        case .plain: Look(rich: (-1, -1), basic: (-1, -1))
        case .dim:
            Look(rich: (244, -1), basic: (-1, -1), withoutColor: cgw_attr_normal)
        case .strong: Look(rich: (-1, -1), basic: (-1, -1), attributes: bold, withoutColor: bold)
        case .label: Look(rich: (73, -1), basic: (6, -1))
        case .good: Look(rich: (71, -1), basic: (2, -1))
        case .warn: Look(rich: (214, -1), basic: (3, -1), withoutColor: bold)
        case .critical:
            Look(rich: (203, -1), basic: (1, -1), attributes: bold, withoutColor: bold)
        case .title:
            Look(rich: (231, 24), basic: (7, 4), attributes: bold, withoutColor: reverse)
        case .head: Look(rich: (252, 238), basic: (0, 2), withoutColor: reverse)
        case .sortedHead:
            Look(
                rich: (231, 30), basic: (0, 6), attributes: bold, withoutColor: reverse | bold)
        case .selected:
            Look(rich: (232, 116), basic: (0, 6), withoutColor: reverse)
        case .selectedWarn:
            Look(
                rich: (94, 116), basic: (7, 6), attributes: bold, withoutColor: reverse | bold)
        case .selectedCritical:
            Look(
                rich: (124, 116), basic: (1, 6), attributes: bold, withoutColor: reverse | bold)
        case .marked:
            Look(rich: (222, -1), basic: (3, -1), attributes: bold, withoutColor: bold)
        case .hint: Look(rich: (250, 236), basic: (0, 6), withoutColor: reverse)
        case .hintKey:
            Look(rich: (80, 236), basic: (7, 0), attributes: bold, withoutColor: bold)
        case .chart: Look(rich: (74, -1), basic: (6, -1))
        }
    }
}
#endif
