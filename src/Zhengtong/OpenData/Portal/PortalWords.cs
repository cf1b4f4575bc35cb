using Zhengtong.Kernel;
using Zhengtong.OpenData.Model;
using Zhengtong.Web;

namespace Zhengtong.OpenData.Portal;

/// <summary>How the portal's pages say states and cells.</summary>
internal static class PortalWords
{
    /// <summary>The open attribute in the reader's language.</summary>
    internal static string Of(OpenAttribute attribute) => Text.Of($"open-data.attribute.{Show.Kebab(attribute.ToString())}");

    /// <summary>Tone of its badge.</summary>
    internal static string Tone(OpenAttribute attribute) => attribute switch { OpenAttribute.Unconditional => "good", OpenAttribute.Conditional => "wait", _ => "off" };

    /// <summary>The type of a column in the reader's language.</summary>
    internal static string Of(ColumnType type) => Text.Of($"open-data.portal.type.{Show.Kebab(type.ToString())}");

    /// <summary>True for a column whose values stand to the right.</summary>
    internal static bool IsNumber(ColumnType type) => type is ColumnType.Integer or ColumnType.Decimal or ColumnType.Float;

    /// <summary>True for a column with days or moments.</summary>
    internal static bool IsTime(ColumnType type) => type is ColumnType.Date or ColumnType.Timestamp;
}
