using System.Globalization;
using System.Text;

namespace UpgradeProtocols.Benchmarks;

/// <summary>Text that compresses like real messages: the same members repeat with different values.</summary>
internal static class JsonText
{
    private static readonly string[] s_words = ["lobby", "hello", "everybody", "price", "of", "Ann", "Robert", "tomorrow", "question", "seven"];

    public static byte[] OfSize(int size)
    {
        var text = new StringBuilder("[");
        for (var i = 0; text.Length < size; i++)
        {
            // The steps and the number of words are coprime, so that the lines don't repeat soon.
            var (first, second, third) = (s_words[i * 7 % 10], s_words[i * i * 3 % 10], s_words[(i / 3) % 10]);
            text.Append(
                CultureInfo.InvariantCulture,
                $$$"""{"type":"said","id":{{{i * 7919 % 10007}}},"data":{"room":"{{{first}}}","text":"{{{second}}} {{{third}}} {{{i}}}"}},""");
        }

        return Encoding.ASCII.GetBytes(text.ToString(0, size));
    }
}
