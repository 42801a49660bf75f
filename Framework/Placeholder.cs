namespace UpgradeProtocols;
internal static class Placeholder;
