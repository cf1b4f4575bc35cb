using System.ComponentModel.DataAnnotations;
using Zhengtong.Catalogue.Model;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Publishing;

/// <summary>What a publisher says of a dataset.</summary>
/// <param name="Title">2 to 200 characters.</param>
/// <param name="Notes">What it holds, why and how it was made: Markdown, at most 20,000 characters; may be empty.</param>
/// <param name="OpenAttribute">开放属性.</param>
/// <param name="OpenCondition">The condition when conditional, the legal ground when not open, at most 500 characters; nothing when unconditional.</param>
/// <param name="Licence">Id of the licence.</param>
/// <param name="Themes">Ids of themes, 1 to 3.</param>
/// <param name="Keywords">At most 20, each 2 to 100 letters of any script, digits, spaces, <c>-_.</c>.</param>
/// <param name="UpdateCycle">更新周期.</param>
/// <param name="Region">Code of the division it is about; the publisher's own when not said.</param>
/// <param name="From">First day the data is about.</param>
/// <param name="To">Last day the data is about; nothing when it still runs.</param>
/// <param name="CoordinateSystem">Of its coordinates; none when not said.</param>
/// <param name="ContactName">The office to ask, 2 to 100 characters.</param>
/// <param name="ContactMail">Mail of the office, at most 200 characters.</param>
/// <param name="ContactPhone">Telephone of the office, at most 40 characters.</param>
/// <param name="Extras">Further pairs, at most 50.</param>
public sealed record DatasetDescriptionBody(
    [Required, StringLength(200, MinimumLength = 2)] string Title,
    [Required(AllowEmptyStrings = true), StringLength(20_000)] string Notes,
    OpenAttribute OpenAttribute,
    [StringLength(500)] string? OpenCondition,
    [Required, StringLength(40)] string Licence,
    [Required, MinLength(1), MaxLength(3)] IReadOnlyList<string> Themes,
    [MaxLength(20)] IReadOnlyList<string>? Keywords,
    UpdateCycle UpdateCycle,
    [StringLength(12)] string? Region,
    DateOnly? From,
    DateOnly? To,
    CoordinateSystem? CoordinateSystem,
    [Required, StringLength(100, MinimumLength = 2)] string ContactName,
    [StringLength(200)] string? ContactMail,
    [StringLength(40)] string? ContactPhone,
    [MaxLength(50)] IReadOnlyList<DatasetExtra>? Extras = null)
{
    internal static DatasetDescriptionBody Of(DatasetDescription d) => new(
        d.Title, d.Notes, d.OpenAttribute, d.OpenCondition, d.Licence, d.Themes, d.Keywords, d.UpdateCycle, d.Region, d.From, d.To, d.CoordinateSystem, d.ContactName, d.ContactMail, d.ContactPhone,
        [.. d.Extras.Select(e => new DatasetExtra(e.Key, e.Value))]);

    internal DatasetDescription ToDescription() => new()
    {
        Title = Title,
        Notes = Notes,
        OpenAttribute = OpenAttribute,
        OpenCondition = OpenAttribute == OpenAttribute.Unconditional || string.IsNullOrWhiteSpace(OpenCondition) ? null : OpenCondition,
        Licence = Licence,
        Themes = Themes,
        Keywords = Keywords ?? [],
        UpdateCycle = UpdateCycle,
        Region = Region,
        From = From,
        To = To,
        CoordinateSystem = CoordinateSystem ?? Model.CoordinateSystem.None,
        ContactName = ContactName,
        ContactMail = ContactMail,
        ContactPhone = ContactPhone,
        Extras = [.. (Extras ?? []).Select(e => new ExtraPair(e.Key, e.Value))],
    };
}

/// <summary>A pair that a client keeps with a dataset.</summary>
/// <param name="Key">1 to 100 characters.</param>
/// <param name="Value">At most 2,000 characters.</param>
public sealed record DatasetExtra([Required, StringLength(100, MinimumLength = 1)] string Key, [Required(AllowEmptyStrings = true), StringLength(2000)] string Value);

/// <summary>A file of a version, and the table in it where there is one.</summary>
/// <param name="Id">Stays the same from version to version.</param>
/// <param name="Name">What it is called.</param>
/// <param name="Description">What it holds.</param>
/// <param name="Format">CSV, XLSX, PDF ...</param>
/// <param name="FileName">The file's own name.</param>
/// <param name="MediaType">Media type.</param>
/// <param name="Bytes">Size of the file.</param>
/// <param name="Sha256">Digest of the file, 64 hex digits.</param>
/// <param name="Rows">Rows of the table; null where there is none.</param>
/// <param name="Columns">Columns of the table; empty where there is none.</param>
/// <param name="BadRows">Rows that could not be read as the columns say.</param>
public sealed record DatasetResourceDetail(
    Guid Id, string Name, string Description, string Format, string FileName, string MediaType, long Bytes, string Sha256, long? Rows, IReadOnlyList<DatasetColumnDetail> Columns, long BadRows)
{
    internal static DatasetResourceDetail Of(DatasetResource r) => new(
        r.Id, r.Name, r.Description, r.Format, r.FileName, r.MediaType, r.Bytes, r.Content.Value, r.Table?.Rows,
        [.. (r.Table?.Columns ?? []).Select(c => new DatasetColumnDetail(c.Name, c.Type, c.Title, c.Description, c.Unit, c.IsKey))], r.BadRowCount);
}

/// <summary>A column of a table.</summary>
/// <param name="Name">As published.</param>
/// <param name="Type">What its values are.</param>
/// <param name="Title">A name for readers where the name is a code.</param>
/// <param name="Description">What the values mean.</param>
/// <param name="Unit">Unit of measure.</param>
/// <param name="IsKey">Part of the key.</param>
public sealed record DatasetColumnDetail(string Name, ColumnType Type, string? Title, string? Description, string? Unit, bool IsKey);

/// <summary>The revision that the caller saw of a version.</summary>
/// <param name="Revision">From 1; any other than the current one is a conflict.</param>
public sealed record DatasetVersionSeen([Range(1, int.MaxValue)] int Revision);
