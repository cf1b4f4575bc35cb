using System.Text;
using System.Xml;

namespace Zhengtong.OpenData.Import;

/// <summary>A workbook's shared texts in a temporary file, the ones asked for last in memory: eight bytes a text however long they are.</summary>
internal sealed class SharedTexts : IDisposable
{
    private const int Kept = 16_384, LongestKept = 200, Most = 50_000_000;
    private readonly FileStream file;
    private readonly string path;
    private readonly List<long> ends = [];
    private readonly (int Index, string Text)[] kept = new (int, string)[Kept];

    private SharedTexts(string path)
    {
        this.path = path;
        file = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 64 * 1024);
    }

    internal static async Task<SharedTexts> ReadAsync(XmlReader reader, string path, ImportOptions limits, CancellationToken ct)
    {
        var texts = new SharedTexts(path);
        try
        {
            using (reader) { await texts.FillAsync(reader, limits, ct); }
            return texts;
        }
        catch
        {
            texts.Dispose();
            throw;
        }
    }

    /// <summary>The text of that number, from 0; null when there is none.</summary>
    internal string? Find(int index)
    {
        if (index >= ends.Count) { return null; }
        ref var known = ref kept[index & (Kept - 1)];
        if (known.Text is not null && known.Index == index) { return known.Text; }
        var begin = index == 0 ? 0 : ends[index - 1];
        var bytes = new byte[ends[index] - begin];
        file.Position = begin;
        file.ReadExactly(bytes);
        var text = Encoding.UTF8.GetString(bytes);
        if (text.Length <= LongestKept) { known = (index, text); }
        return text;
    }

    public void Dispose()
    {
        file.Dispose();
        File.Delete(path);
    }

    private async Task FillAsync(XmlReader reader, ImportOptions limits, CancellationToken ct)
    {
        var (text, room, isText, phonetic) = (new StringBuilder(), new char[4096], false, false);
        while (await reader.ReadAsync())
        {
            ct.ThrowIfCancellationRequested();
            switch (reader.NodeType)
            {
                case XmlNodeType.Element:
                    if (reader.LocalName == "si") { text.Clear(); }
                    phonetic |= reader.LocalName == "rPh" && !reader.IsEmptyElement;
                    isText = reader.LocalName == "t" && !phonetic && !reader.IsEmptyElement;
                    if (reader.LocalName == "si" && reader.IsEmptyElement) { Add(""); }
                    break;
                case XmlNodeType.EndElement:
                    isText = false;
                    if (reader.LocalName == "rPh") { phonetic = false; }
                    if (reader.LocalName == "si") { Add(text.ToString()); }
                    break;
                case XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.Whitespace or XmlNodeType.SignificantWhitespace when isText:
                    // One character above the limit is kept, so that the cell is seen to be too long.
                    while (await reader.ReadValueChunkAsync(room, 0, room.Length) is var count and > 0) { text.Append(room, 0, Math.Min(count, Math.Max(0, limits.CellCharacters + 1 - text.Length))); }
                    break;
            }
        }

        file.Flush();
    }

    private void Add(string text)
    {
        if (ends.Count == Most) { throw new ImportFault("unpacked", $"> {Most}"); }
        file.Write(Encoding.UTF8.GetBytes(XlsxRows.Unescape(text)));
        ends.Add(file.Position);
    }
}
