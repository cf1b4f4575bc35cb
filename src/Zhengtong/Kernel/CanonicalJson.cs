using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Zhengtong.Kernel;

/// <summary>JSON of which there is only one form, so that two sides sign the same bytes: members sorted by UTF-16 code units, no white space,
/// shortest escapes, no null members (RFC 8785 for objects of strings, integers, booleans and lists; other numbers are refused).</summary>
internal static class CanonicalJson
{
    internal static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = new CanonicalEscapes(),
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <summary>The canonical text of a value.</summary>
    /// <exception cref="NotSupportedException">A number that is no integer.</exception>
    internal static string Of<T>(T value)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = Options.Encoder }))
        {
            Write(writer, JsonSerializer.SerializeToNode(value, Options));
        }

        return System.Text.Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    private static void Write(Utf8JsonWriter writer, JsonNode? node)
    {
        switch (node)
        {
            case JsonObject members:
                writer.WriteStartObject();
                foreach (var (name, value) in members.OrderBy(m => m.Key, StringComparer.Ordinal))
                {
                    writer.WritePropertyName(name);
                    Write(writer, value);
                }

                writer.WriteEndObject();
                break;
            case JsonArray items:
                writer.WriteStartArray();
                foreach (var item in items) { Write(writer, item); }
                writer.WriteEndArray();
                break;
            case JsonValue number when number.GetValueKind() == JsonValueKind.Number:
                writer.WriteNumberValue(number.TryGetValue<long>(out var integer) || long.TryParse(number.ToJsonString(), out integer)
                    ? integer : throw new NotSupportedException("Canonical JSON holds no fractions"));
                break;
            case null:
                writer.WriteNullValue();
                break;
            default:
                node.WriteTo(writer);
                break;
        }
    }
}
