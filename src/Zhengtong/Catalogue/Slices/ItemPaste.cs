using System.Globalization;
using System.Text.RegularExpressions;
using Zhengtong.Catalogue.Model;

namespace Zhengtong.Catalogue.Slices;

/// <summary>A row of the item table as typed: text in every cell, so that nothing is lost that cannot be read.</summary>
internal sealed record ItemTyped(
    string Name, string Column, string Type, string Length, bool IsKey, string SharingType, string Mask = "", string MaskKeep = "", string Check = "", string Codes = "")
{
    internal static readonly ItemTyped Blank = new("", "", nameof(ItemType.Text), "", false, "");

    internal bool IsBlank => Name.Length == 0 && Column.Length == 0 && Length.Length == 0;

    /// <summary>True when more is asked of its values than type and length.</summary>
    internal bool HasRules => Mask is not ("" or nameof(ItemMask.None)) || Check is not ("" or nameof(ItemCheck.None));
}

/// <summary>Reads a list of columns copied from a spreadsheet or a database tool: name, column, type, length, key; separated by tabs.</summary>
internal static partial class ItemPaste
{
    private static readonly Dictionary<string, ItemType> Types = new(StringComparer.OrdinalIgnoreCase)
    {
        ["text"] = ItemType.Text, ["varchar"] = ItemType.Text, ["char"] = ItemType.Text, ["nvarchar"] = ItemType.Text, ["string"] = ItemType.Text, ["character varying"] = ItemType.Text, ["character"] = ItemType.Text,
        ["文本"] = ItemType.Text, ["字符"] = ItemType.Text, ["字符型"] = ItemType.Text, ["字符串"] = ItemType.Text,
        ["integer"] = ItemType.Integer, ["int"] = ItemType.Integer, ["bigint"] = ItemType.Integer, ["smallint"] = ItemType.Integer, ["整数"] = ItemType.Integer, ["整型"] = ItemType.Integer,
        ["decimal"] = ItemType.Decimal, ["numeric"] = ItemType.Decimal, ["number"] = ItemType.Decimal, ["money"] = ItemType.Decimal, ["小数"] = ItemType.Decimal, ["数值"] = ItemType.Decimal, ["数值型"] = ItemType.Decimal,
        ["float"] = ItemType.Float, ["double"] = ItemType.Float, ["double precision"] = ItemType.Float, ["real"] = ItemType.Float, ["浮点数"] = ItemType.Float,
        ["boolean"] = ItemType.Boolean, ["bool"] = ItemType.Boolean, ["bit"] = ItemType.Boolean, ["布尔"] = ItemType.Boolean, ["是否"] = ItemType.Boolean,
        ["date"] = ItemType.Date, ["日期"] = ItemType.Date, ["日期型"] = ItemType.Date,
        ["timestamp"] = ItemType.Timestamp, ["datetime"] = ItemType.Timestamp, ["timestamptz"] = ItemType.Timestamp, ["timestamp with time zone"] = ItemType.Timestamp, ["时间"] = ItemType.Timestamp, ["日期时间"] = ItemType.Timestamp,
        ["binary"] = ItemType.Binary, ["bytea"] = ItemType.Binary, ["blob"] = ItemType.Binary, ["二进制"] = ItemType.Binary,
    };

    private static readonly HashSet<string> Yes = new(StringComparer.OrdinalIgnoreCase) { "是", "y", "yes", "true", "1", "√", "pk", "key", "主键", "pri" };

    private static readonly HashSet<string> Headings = new(StringComparer.OrdinalIgnoreCase) { "信息项名称", "名称", "中文名", "字段中文名", "name", "item", "item name" };

    /// <summary>One item a line, at most 500; a first line of headings and empty lines are passed over. A line without a column keeps an empty one, to be filled in.</summary>
    internal static IReadOnlyList<ItemTyped> Read(string text) =>
    [
        .. text.Split('\n').Select(line => line.TrimEnd('\r').Split('\t').Select(cell => cell.Trim()).ToArray())
            .Where((cells, n) => cells.Any(c => c.Length > 0) && !(n == 0 && Headings.Contains(cells[0]))).Take(500).Select(Item),
    ];

    private static ItemTyped Item(string[] cells)
    {
        string Cell(int n) => n < cells.Length ? cells[n] : "";
        var type = Declared().Match(Cell(2));
        var word = type.Groups["type"].Value.Trim();
        var length = Cell(3).Length > 0 ? Cell(3) : type.Groups["length"].Value;
        var known = Types.TryGetValue(word, out var found) ? found : ItemType.Text;
        return new ItemTyped(Cell(0), Cell(1).ToLowerInvariant(), known.ToString(), known is ItemType.Text or ItemType.Decimal ? length : "", Yes.Contains(Cell(4)), "");
    }

    /// <summary><c>varchar(18)</c>, <c>numeric(12,2)</c>, <c>文本</c>.</summary>
    [GeneratedRegex(@"^(?<type>[^(（]*)(?:[(（]\s*(?<length>\d+)[^)）]*[)）])?")]
    private static partial Regex Declared();

    /// <summary>A number as typed, or null.</summary>
    internal static int? Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;
}
