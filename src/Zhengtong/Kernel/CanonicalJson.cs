using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

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

    private static readonly JsonSerializerOptions InOrder = new(Options) { TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { Sort } } };

    /// <summary>The canonical UTF-8 of a record whose form is known beforehand: members are texts, whole numbers, booleans, moments, ids, and records or lists of such. The same
    /// bytes as of <see cref="Of"/> in a tenth of the time.</summary>
    /// <exception cref="NotSupportedException">It has a member of another kind.</exception>
    internal static byte[] Utf8Of<T>(T value) => JsonSerializer.SerializeToUtf8Bytes(value, InOrder);

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

    /// <summary>Lets the serializer write the members of a type in their order.</summary>
    private static void Sort(JsonTypeInfo type)
    {
        if (type.Kind == JsonTypeInfoKind.Dictionary || type.Type == typeof(object) || type.Type == typeof(double) || type.Type == typeof(float) || type.Type == typeof(decimal))
        {
            throw new NotSupportedException($"The order or form of {type.Type} is not known beforehand");
        }

        foreach (var (order, member) in type.Properties.OrderBy(p => p.Name, StringComparer.Ordinal).Index().ToList()) { member.Order = order; }
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
